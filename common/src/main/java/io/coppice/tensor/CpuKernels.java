package io.coppice.tensor;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * The newest instructions that native kernels may use. Kernels differ in their last bits, so on a
 * cluster of different processors the bytes of a result depend on where it was computed, unless all
 * use the kernels of the oldest.
 */
public enum CpuKernels {
  /** Those of the processor. */
  AUTO("auto", "", dnnl_cpu_isa_default),
  AVX2("avx2", "Haswell", dnnl_cpu_isa_avx2),
  AVX512("avx512", "SkylakeX", dnnl_cpu_isa_avx512_core),
  AVX512_BF16("avx512-bf16", "Cooperlake", dnnl_cpu_isa_avx512_core_bf16),
  AMX("amx", "SapphireRapids", dnnl_cpu_isa_avx512_core_amx);

  private final String word;
  private final String openBlas;
  private final int oneDnn;

  CpuKernels(String word, String openBlas, int oneDnn) {
    this.word = word;
    this.openBlas = openBlas;
    this.oneDnn = oneDnn;
  }

  /** OpenBLAS's name for them. */
  Optional<String> openBlas() {
    return this == AUTO ? Optional.empty() : Optional.of(openBlas);
  }

  /** oneDNN's number for them. */
  OptionalInt oneDnn() {
    return this == AUTO ? OptionalInt.empty() : OptionalInt.of(oneDnn);
  }

  /** The newest of these that oneDNN's number includes; none on processors without AVX2. */
  static Optional<CpuKernels> newestOf(int isa) {
    return Stream.of(values())
        .filter(kernels -> kernels != AUTO && OneDnn.has(isa, kernels.oneDnn))
        .reduce((older, newer) -> newer);
  }

  @Override
  public String toString() {
    return word;
  }
}
