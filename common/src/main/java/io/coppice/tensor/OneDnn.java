package io.coppice.tensor;

import static org.bytedeco.dnnl.global.dnnl.*;

import com.sun.jna.NativeLibrary;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.dnnl.dnnl_version_t;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.Loader;

/**
 * Products by oneDNN, which knows the matrix units of today's processors: AMX, and bfloat16 in
 * AVX-512.
 *
 * <p>A float32 product is one call. One of bfloat16 is a primitive that the library compiles for
 * the shape at its first use; each thread keeps those that it used last.
 */
final class OneDnn implements MatrixLibrary {
  private static final int PRIMITIVES_OF_A_THREAD = 512;

  private static final boolean X86 = System.getProperty("os.arch").equals("amd64");

  private final Optional<OpenBlas> float32;
  private final dnnl_engine engine = new dnnl_engine();
  private final NativeLibrary openMp;
  private final String description;
  private final Bf16Products bf16;
  private final ThreadLocal<Calls> calls = ThreadLocal.withInitial(Calls::new);

  /**
   * @param openBlas multiplies float32 where oneDNN has no tuned kernels for it: on other
   *     processors than x86-64
   * @throws LinkageError if the library has no build for this platform or does not load
   */
  OneDnn(Optional<OpenBlas> openBlas) {
    float32 = X86 ? Optional.empty() : openBlas;
    String bindings = Loader.load(dnnl.class);
    // The library has threads of its own for each that calls it; ours are the only ones.
    openMp = NativeLibrary.getInstance(Natives.beside(bindings, "libgomp.so.1").toString());
    require(dnnl_engine_create(engine, dnnl_cpu, 0), "starting");
    int isa = dnnl_get_effective_cpu_isa();
    bf16 =
        X86 && has(isa, dnnl_cpu_isa_avx512_core_bf16)
            ? new UnitProducts()
            : new WidenedProducts(this);
    dnnl_version_t version = dnnl_version();
    description =
        "oneDNN %d.%d.%d, kernels %s"
                .formatted(
                    version.major(),
                    version.minor(),
                    version.patch(),
                    CpuKernels.newestOf(isa).map(CpuKernels::toString).orElse("older than avx2"))
            + float32.map(library -> "; float32 by " + library.description()).orElse("");
  }

  /**
   * Limits the library to instructions, before its first use.
   *
   * @return of those, the ones that this processor has; automatic on other than x86-64
   * @throws LinkageError if the library has no build for this platform or does not load
   */
  static CpuKernels limit(CpuKernels kernels) {
    if (kernels.oneDnn().isEmpty() || !X86) {
      return CpuKernels.AUTO;
    }
    Loader.load(dnnl.class);
    require(dnnl_set_max_cpu_isa(kernels.oneDnn().orElseThrow()), "choosing kernels");
    return CpuKernels.newestOf(dnnl_get_effective_cpu_isa()).orElse(CpuKernels.AUTO);
  }

  /** Whether {@code isa} has all instructions of {@code wanted}. */
  static boolean has(int isa, int wanted) {
    return (isa & wanted) == wanted;
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
    return bf16;
  }

  @Override
  public void multiply(
      Transposition transposed, float alpha, Tensor a, Tensor b, float beta, Tensor c) {
    if (float32.isPresent()) {
      float32.orElseThrow().multiply(transposed, alpha, a, b, beta, c);
      return;
    }
    Calls own = calls.get();
    require(
        dnnl_sgemm(
            (byte) (transposed.left() ? 'T' : 'N'),
            (byte) (transposed.right() ? 'T' : 'N'),
            c.rows(),
            c.columns(),
            transposed.left() ? a.rows() : a.columns(),
            alpha,
            own.a.at(a.address()),
            Math.max(1, a.stride()),
            own.b.at(b.address()),
            Math.max(1, b.stride()),
            beta,
            own.c.at(c.address()),
            Math.max(1, c.stride())),
        "a product");
  }

  /**
   * @throws IllegalStateException if the library refused
   */
  static void require(int status, String doing) {
    if (status != dnnl_success) {
      throw new IllegalStateException("oneDNN failed with status " + status + " in " + doing);
    }
  }

  /** Products by the processor's units. */
  private final class UnitProducts implements Bf16Products {
    @Override
    public void multiply(
        Transposition transposed,
        float alpha,
        Bf16Tensor a,
        Bf16Tensor b,
        boolean accumulate,
        Tensor c) {
      Calls own = calls.get();
      own.product(Bf16Product.Shape.of(transposed, alpha, a, b, accumulate, c))
          .run(own.stream, own.a.at(a.address()), own.b.at(b.address()), own.c.at(c.address()));
    }

    @Override
    public void round(Tensor source, Bf16Tensor rounded) {
      Calls own = calls.get();
      own.copy(Bf16Copy.Shape.rounding(source, rounded))
          .run(own.stream, own.a.at(source.address()), own.b.at(rounded.address()));
    }

    @Override
    public void transpose(Bf16Tensor source, Bf16Tensor transposed) {
      Calls own = calls.get();
      own.copy(Bf16Copy.Shape.transposing(source, transposed))
          .run(own.stream, own.a.at(source.address()), own.b.at(transposed.address()));
    }
  }

  /** The memory of one thread for its calls, so that a product allocates nothing big. */
  private final class Calls {
    private final dnnl_stream stream = new dnnl_stream();
    private final MovablePointer a = new MovablePointer();
    private final MovablePointer b = new MovablePointer();
    private final MovablePointer c = new MovablePointer();
    private final Map<Record, OneDnnPrimitive> primitives =
        new LinkedHashMap<>(64, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<Record, OneDnnPrimitive> eldest) {
            if (size() <= PRIMITIVES_OF_A_THREAD) {
              return false;
            }
            eldest.getValue().close();
            return true;
          }
        };

    Calls() {
      openMp.getFunction("omp_set_num_threads").invokeVoid(new Object[] {1});
      require(dnnl_stream_create(stream, engine, dnnl_stream_default_flags), "starting a stream");
    }

    Bf16Product product(Bf16Product.Shape shape) {
      return (Bf16Product)
          primitives.computeIfAbsent(shape, wanted -> new Bf16Product(shape, engine));
    }

    Bf16Copy copy(Bf16Copy.Shape shape) {
      return (Bf16Copy) primitives.computeIfAbsent(shape, wanted -> new Bf16Copy(shape, engine));
    }
  }
}
