package io.coppice.tensor;

import com.sun.jna.NativeLibrary;
import java.nio.file.Path;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;

/** Matrix products by the OpenBLAS that the jar carries, called on off-heap memory. */
final class OpenBlas implements MatrixLibrary {
  private final String description;

  // Held for good: JNA unloads a library that nobody holds, and OpenBLAS does not bear that.
  private final NativeLibrary library;

  private final WidenedProducts widened = new WidenedProducts(this);
  private final ThreadLocal<Operands> operands = ThreadLocal.withInitial(Operands::new);

  /**
   * @param kernels the newest instructions that products may use
   * @throws LinkageError if the library has no build for this platform or does not load
   */
  OpenBlas(CpuKernels kernels) {
    // The library looks for it in the environment, once, as it is loaded.
    kernels.openBlas().ifPresent(core -> setEnvironment("OPENBLAS_CORETYPE", core));
    String bindings = Loader.load(openblas_nolapack.class);
    openblas_nolapack.blas_set_num_threads(1);
    // The bindings lack what is asked here; the library is mapped already.
    library =
        NativeLibrary.getInstance(Natives.beside(bindings, "libopenblas_nolapack.so.0").toString());
    description =
        "%s, kernel %s"
            .formatted(
                answer(library, "openblas_get_config"), answer(library, "openblas_get_corename"));
  }

  private static void setEnvironment(String name, String value) {
    NativeLibrary.getInstance("c").getFunction("setenv").invokeInt(new Object[] {name, value, 1});
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
  public Bf16Products bf16() {
    return widened;
  }

  @Override
  public void multiply(
      Transposition transposed, float alpha, Tensor a, Tensor b, float beta, Tensor c) {
    Operands pointers = operands.get();
    openblas_nolapack.cblas_sgemm(
        openblas_nolapack.CblasRowMajor,
        transposed.left() ? openblas_nolapack.CblasTrans : openblas_nolapack.CblasNoTrans,
        transposed.right() ? openblas_nolapack.CblasTrans : openblas_nolapack.CblasNoTrans,
        c.rows(),
        c.columns(),
        transposed.left() ? a.rows() : a.columns(),
        alpha,
        pointers.a.at(a.address()),
        Math.max(1, a.stride()),
        pointers.b.at(b.address()),
        Math.max(1, b.stride()),
        beta,
        pointers.c.at(c.address()),
        Math.max(1, c.stride()));
  }

  /** Three reusable pointers, so that a product allocates nothing. */
  private static final class Operands {
    private final MovablePointer a = new MovablePointer();
    private final MovablePointer b = new MovablePointer();
    private final MovablePointer c = new MovablePointer();
  }
}
