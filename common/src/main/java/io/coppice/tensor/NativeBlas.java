package io.coppice.tensor;

import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.Paths;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.openblas.global.openblas_nolapack;

/** Matrix products by the OpenBLAS that the jar carries, called on off-heap memory. */
final class NativeBlas extends Blas {
  private final String description;

  // Held for good: JNA unloads a library that nobody holds, and OpenBLAS does not bear that.
  private final NativeLibrary library;

  private final ThreadLocal<Operands> operands = ThreadLocal.withInitial(Operands::new);

  /**
   * @param threads the threads of each product; the setting is one for the whole process
   * @throws LinkageError if the library has no build for this platform or does not load
   */
  NativeBlas(int threads) {
    String bindings = Loader.load(openblas_nolapack.class);
    openblas_nolapack.blas_set_num_threads(threads);
    // The bindings lack what is asked here; the library is mapped already.
    library = NativeLibrary.getInstance(beside(bindings).toString());
    description =
        "%s, kernel %s, %d thread%s per product"
            .formatted(
                answer(library, "openblas_get_config"),
                answer(library, "openblas_get_corename"),
                threads,
                threads == 1 ? "" : "s");
  }

  private static Path beside(String bindings) {
    try {
      return Paths.get(bindings).toRealPath().resolveSibling("libopenblas_nolapack.so.0");
    } catch (IOException e) {
      throw new UnsatisfiedLinkError("Cannot find the unpacked OpenBLAS: " + e.getMessage());
    }
  }

  private static String answer(NativeLibrary openblas, String question) {
    return openblas.getFunction(question).invokeString(new Object[0], false).trim();
  }

  /** The library, which has LAPACK too, its name notwithstanding. */
  Path library() {
    return library.getFile().toPath();
  }

  @Override
  public String description() {
    return description;
  }

  @Override
  public boolean isNative() {
    return true;
  }

  @Override
  void gemm(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      float alpha,
      Tensor a,
      Tensor b,
      float beta,
      Tensor c) {
    Operands pointers = operands.get();
    pointers.a.pointTo(a);
    pointers.b.pointTo(b);
    pointers.c.pointTo(c);
    openblas_nolapack.cblas_sgemm(
        openblas_nolapack.CblasRowMajor,
        transposeA ? openblas_nolapack.CblasTrans : openblas_nolapack.CblasNoTrans,
        transposeB ? openblas_nolapack.CblasTrans : openblas_nolapack.CblasNoTrans,
        m,
        n,
        k,
        alpha,
        pointers.a,
        Math.max(1, a.stride()),
        pointers.b,
        Math.max(1, b.stride()),
        beta,
        pointers.c,
        Math.max(1, c.stride()));
  }

  /** Three reusable pointers, so that a product allocates nothing. */
  private static final class Operands {
    private final MovablePointer a = new MovablePointer();
    private final MovablePointer b = new MovablePointer();
    private final MovablePointer c = new MovablePointer();
  }

  private static final class MovablePointer extends FloatPointer {
    MovablePointer() {
      super((Pointer) null);
    }

    void pointTo(Tensor tensor) {
      address = tensor.address();
    }
  }
}
