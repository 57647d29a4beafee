package io.coppice.tensor;

import dev.ludovic.netlib.blas.BLAS;
import dev.ludovic.netlib.lapack.LAPACK;
import io.coppice.failure.NativeLibraryException;
import io.coppice.failure.Words;
import io.coppice.natives.NativeFolder;
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

  private static Blas chosen;
  private static int chosenThreads;

  private BlasProvider() {}

  /**
   * The process's BLAS; the first call decides and logs which library and kernel run.
   *
   * @param threads threads of each product
   * @param requireNative whether to fail rather than fall back to pure Java
   * @throws NativeLibraryException if native was required and did not load
   */
  public static synchronized Blas blas(int threads, boolean requireNative) {
    if (chosen == null) {
      chosen = load(threads);
      chosenThreads = threads;
    }
    if (requireNative && !chosen.isNative()) {
      throw new NativeLibraryException(
          "Native BLAS is required but OpenBLAS did not load on this machine ("
              + System.getProperty("os.name")
              + " "
              + System.getProperty("os.arch")
              + "): "
              + NativeFolder.REMEDY
              + "; or run without --require-native to accept pure Java, which is some 20 times"
              + " slower");
    }
    if (threads != chosenThreads) {
      throw new IllegalStateException(
          "This process already uses %d BLAS threads per task, not %d"
              .formatted(chosenThreads, threads));
    }
    return chosen;
  }

  /** The process's BLAS with one thread a product, native if it loads. */
  public static Blas blas() {
    return blas(1, false);
  }

  /** Plain Java products, the twin that tests compare with. */
  public static Blas javaBlas() {
    return new JavaBlas();
  }

  private static Blas load(int threads) {
    // JavaCPP would cap native memory by the heap's size, and look it up at each allocation.
    System.setProperty("org.bytedeco.javacpp.maxBytes", "0");
    System.setProperty("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    NativeFolder.prepare();
    try {
      NativeBlas blas = new NativeBlas(threads);
      pointNetlibAt(blas);
      LOG.info("Matrix products: {}", blas.description());
      LOG.info(
          "MLlib linalg: BLAS {}, LAPACK {}",
          BLAS.getInstance().getClass().getName(),
          LAPACK.getInstance().getClass().getName());
      return blas;
    } catch (LinkageError e) {
      LOG.warn(
          "NO NATIVE BLAS: OpenBLAS did not load ({}). Falling back to pure Java, some 20 times"
              + " slower. Give --require-native to forbid this; {}",
          reason(e),
          NativeFolder.REMEDY);
      return new JavaBlas();
    }
  }

  /** A class that could not be initialised has no words of its own. */
  private static String reason(Throwable failure) {
    Throwable told =
        failure.getMessage() == null && failure.getCause() != null ? failure.getCause() : failure;
    return Words.line(told.toString());
  }

  private static void pointNetlibAt(NativeBlas blas) {
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
