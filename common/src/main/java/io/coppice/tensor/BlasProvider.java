package io.coppice.tensor;

import dev.ludovic.netlib.blas.BLAS;
import dev.ludovic.netlib.lapack.LAPACK;
import io.coppice.failure.NativeLibraryException;
import io.coppice.failure.Words;
import io.coppice.natives.NativeFolder;
import io.coppice.parallel.KernelPool;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses the {@link Blas} of this process and points Spark's netlib (BLAS and LAPACK, hence MLlib
 * linalg) at the same native library.
 *
 * <p>Must run before anything in the process uses netlib: netlib reads its library's path once.
 */
public final class BlasProvider {
  private static final Logger LOG = LoggerFactory.getLogger(BlasProvider.class);

  private static Optional<Chosen> chosen = Optional.empty();

  private BlasProvider() {}

  /** The library, kernels and pool of this process. */
  private record Chosen(MatrixLibrary library, CpuKernels kernels, KernelPool pool) {
    Blas blas() {
      return new Blas(library, pool);
    }
  }

  /**
   * The process's BLAS; the first call decides and logs which libraries and kernels run.
   *
   * @param threads how many threads all tasks of this process compute on together
   * @param kernels the newest instructions that native kernels may use
   * @param requireNative whether to fail rather than fall back to pure Java
   * @throws NativeLibraryException if native was required and did not load
   */
  public static synchronized Blas blas(int threads, CpuKernels kernels, boolean requireNative) {
    Chosen now = loaded(kernels);
    if (requireNative && !now.library.isNative()) {
      throw new NativeLibraryException(
          "Native BLAS is required but neither oneDNN nor OpenBLAS did load on this machine ("
              + System.getProperty("os.name")
              + " "
              + System.getProperty("os.arch")
              + "): "
              + NativeFolder.REMEDY
              + "; or run without --require-native to accept pure Java, which is some 20 times"
              + " slower");
    }
    if (now.kernels != kernels) {
      throw new IllegalStateException(
          "This process already uses the CPU kernels '%s', not '%s'"
              .formatted(now.kernels, kernels));
    }
    if (now.pool.threads() != threads) {
      LOG.info("Threads for arithmetic, shared by the tasks of this process: {}", threads);
      now.pool.close();
      chosen = Optional.of(new Chosen(now.library, kernels, new KernelPool(threads)));
    }
    return chosen.orElseThrow().blas();
  }

  /** The process's BLAS on the calling thread alone, native if it loads. */
  public static synchronized Blas blas() {
    return loaded(CpuKernels.AUTO).blas().serial();
  }

  /** Loads the native libraries, LAPACK's too, unless that has been done. */
  public static synchronized void loadLibraries() {
    loaded(CpuKernels.AUTO);
  }

  /**
   * The choice of this process; made at the first call.
   *
   * @param kernels without effect at later calls
   */
  private static Chosen loaded(CpuKernels kernels) {
    if (chosen.isEmpty()) {
      chosen = Optional.of(new Chosen(load(kernels), kernels, KernelPool.single()));
    }
    return chosen.orElseThrow();
  }

  /** Ends the threads of this process's pool; a later use starts others. */
  public static synchronized void close() {
    chosen.ifPresent(
        now -> {
          now.pool.close();
          chosen = Optional.of(new Chosen(now.library, now.kernels, KernelPool.single()));
        });
  }

  /** Plain Java products, the twin that tests compare with. */
  public static Blas javaBlas() {
    return new Blas(new PlainJava(), KernelPool.single());
  }

  /** Each library that loads here, for the test that compares them. */
  static List<Blas> all(KernelPool pool) {
    blas();
    OpenBlas openBlas = new OpenBlas(CpuKernels.AUTO);
    return List.of(
        new Blas(new OneDnn(Optional.of(openBlas)), pool),
        new Blas(openBlas, pool),
        new Blas(new PlainJava(), pool));
  }

  private static MatrixLibrary load(CpuKernels kernels) {
    // JavaCPP would cap native memory by the heap's size, and look it up at each allocation.
    System.setProperty("org.bytedeco.javacpp.maxBytes", "0");
    System.setProperty("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    NativeFolder.prepare();
    Optional<OpenBlas> openBlas = openBlas(possible(kernels));
    MatrixLibrary library =
        oneDnn(openBlas)
            .or(() -> openBlas)
            .orElseGet(
                () -> {
                  LOG.warn(
                      "NO NATIVE BLAS: falling back to pure Java, some 20 times slower. Give"
                          + " --require-native to forbid this; {}",
                      NativeFolder.REMEDY);
                  return new PlainJava();
                });
    LOG.info("Matrix products: {}", library.description());
    LOG.info(
        "MLlib linalg: BLAS {}, LAPACK {}",
        BLAS.getInstance().getClass().getName(),
        LAPACK.getInstance().getClass().getName());
    return library;
  }

  /**
   * Of these kernels, those that this processor has. OpenBLAS would run what it is told to, and the
   * processor then end the process at the first instruction that it lacks.
   */
  private static CpuKernels possible(CpuKernels kernels) {
    try {
      return OneDnn.limit(kernels);
    } catch (LinkageError e) {
      // Said where the library itself is loaded.
      return kernels;
    }
  }

  private static Optional<OpenBlas> openBlas(CpuKernels kernels) {
    try {
      OpenBlas library = new OpenBlas(kernels);
      pointNetlibAt(library);
      return Optional.of(library);
    } catch (LinkageError e) {
      LOG.warn("OpenBLAS did not load ({})", reason(e));
      return Optional.empty();
    }
  }

  private static Optional<MatrixLibrary> oneDnn(Optional<OpenBlas> openBlas) {
    try {
      return Optional.of(new OneDnn(openBlas));
    } catch (LinkageError e) {
      LOG.warn("oneDNN did not load ({})", reason(e));
      return Optional.empty();
    }
  }

  /** A class that could not be initialised has no words of its own. */
  private static String reason(Throwable failure) {
    Throwable told =
        failure.getMessage() == null && failure.getCause() != null ? failure.getCause() : failure;
    return Words.line(told.toString());
  }

  private static void pointNetlibAt(OpenBlas blas) {
    String library = blas.library().toString();
    System.setProperty("dev.ludovic.netlib.blas.nativeLibPath", library);
    System.setProperty("dev.ludovic.netlib.lapack.nativeLibPath", library);
    // netlib swallows load failures, so look at what it chose.
    if (!BLAS.getInstance().getClass().getSimpleName().startsWith("JNI")
        || !LAPACK.getInstance().getClass().getSimpleName().startsWith("JNI")) {
      LOG.warn(
          "netlib did not take the native library; BLAS is {}, LAPACK is {}",
          BLAS.getInstance().getClass().getName(),
          LAPACK.getInstance().getClass().getName());
    }
  }
}
