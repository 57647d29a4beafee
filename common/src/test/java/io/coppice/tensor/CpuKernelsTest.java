package io.coppice.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.bytedeco.dnnl.global.dnnl.*;

import dev.ludovic.netlib.lapack.LAPACK;
import io.coppice.natives.JavaProcess;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.netlib.util.intW;

class CpuKernelsTest {
  /** Products and a factorisation with the kernels that its argument names. */
  static final class Chosen {
    private Chosen() {}

    public static void main(String[] arguments) {
      Blas blas = BlasProvider.blas(1, CpuKernels.valueOf(arguments[0]), true);
      try (Arena arena = Arena.unbounded("products")) {
        Tensor a = arena.tensor(64, 64);
        for (int i = 0; i < 64; i++) {
          a.set(i, i, 2);
        }
        Tensor c = arena.tensor(64, 64);
        blas.multiply(1, a, a, 0, c);
        double[] factored = {4, 2, 2, 5};
        intW info = new intW(0);
        LAPACK.getInstance().dpotrf("U", 2, factored, 0, 2, info);
        System.out.println("product " + c.get(63, 63) + ", factor " + factored[3]);
      }
    }
  }

  @Test
  void newestOfWhatAProcessorHas() {
    assertThat(CpuKernels.newestOf(dnnl_cpu_isa_avx512_core_bf16)).contains(CpuKernels.AVX512_BF16);
    assertThat(CpuKernels.newestOf(dnnl_cpu_isa_avx2_vnni)).contains(CpuKernels.AVX2);
    assertThat(CpuKernels.newestOf(dnnl_cpu_isa_sse41)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(CpuKernels.class)
  @EnabledOnOs(architectures = "amd64")
  void kernelsThatAProcessorLacksAreNotRun(CpuKernels kernels) throws Exception {
    assertThat(
            JavaProcess.output(
                List.of("--add-opens=java.base/java.nio=ALL-UNNAMED"),
                Chosen.class,
                kernels.name()))
        .contains("product 4.0, factor 2.0");
  }
}
