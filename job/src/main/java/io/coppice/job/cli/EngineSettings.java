package io.coppice.job.cli;

import io.coppice.tensor.CpuKernels;
import java.io.Serializable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Arithmetic of a run.
 *
 * @param requireNative whether to fail rather than compute without native libraries
 * @param cpuKernels the newest instructions that native kernels may use
 * @param threads threads of an executor that compute together, or 0 for as many as it has cores
 * @param precision format that products read in training
 */
public record EngineSettings(
    boolean requireNative, CpuKernels cpuKernels, int threads, PrecisionChoice precision)
    implements Serializable {

  /** The formats that products may read in training; their sums are float32 in each. */
  public enum PrecisionChoice {
    /** bfloat16 where every executor's processor has units for it, else float32. */
    AUTO("auto"),
    BF16("bf16"),
    FLOAT32("float32");

    private final String word;

    PrecisionChoice(String word) {
      this.word = word;
    }

    /** The word of the command line. */
    @Override
    public String toString() {
      return word;
    }
  }

  /** The options of a command that trains nothing. */
  @Topic.Of(Topic.RUNNING)
  static final class Options {
    /** Each thread has scratch memory in every task. */
    private static final int MOST_THREADS = 1024;

    @Option(
        names = "--require-native",
        description =
            "Fail where native BLAS does not load, rather than compute in pure Java, some 20 times"
                + " slower.")
    private boolean requireNative;

    @Option(
        names = "--cpu-kernels",
        paramLabel = "KERNELS",
        defaultValue = "auto",
        description =
            "The newest instructions that native kernels may use: avx2, avx512, avx512-bf16, amx or"
                + " auto (all that a processor has). On a cluster of different processors, the"
                + " oldest one's give all of them the same bytes (default: ${DEFAULT-VALUE}).")
    private CpuKernels cpuKernels;

    @Option(
        names = "--threads",
        paramLabel = "N",
        defaultValue = "0",
        description =
            "Threads of an executor that compute together, shared by its tasks, at most 1024; 0 for"
                + " as many as it has cores. Results do not depend on it (default:"
                + " ${DEFAULT-VALUE}).")
    private int threads;

    EngineSettings settings() {
      return settings(PrecisionChoice.FLOAT32);
    }

    private EngineSettings settings(PrecisionChoice precision) {
      return new EngineSettings(
          requireNative,
          cpuKernels,
          (int) Check.between("--threads", 0, MOST_THREADS, threads),
          precision);
    }
  }

  /** The options of a command that trains. */
  @Topic.Of(Topic.RUNNING)
  static final class TrainingOptions {
    @Mixin private final Options engine = new Options();

    @Option(
        names = "--precision",
        paramLabel = "FORMAT",
        defaultValue = "auto",
        description =
            "What products read in training: float32, bf16 (their sums, weights, gradients and"
                + " errors stay float32) or auto (bf16 where every executor's processor has units"
                + " for it, else float32) (default: ${DEFAULT-VALUE}).")
    private PrecisionChoice precision;

    EngineSettings settings() {
      return engine.settings(precision);
    }
  }
}
