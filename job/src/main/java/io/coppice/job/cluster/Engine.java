package io.coppice.job.cluster;

import io.coppice.job.cli.EngineSettings;
import io.coppice.tensor.Blas;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.CpuKernels;
import io.coppice.tensor.Precision;
import java.io.Serializable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.spark.SparkConf;
import org.apache.spark.TaskContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The arithmetic of tasks; opened on each executor.
 *
 * @param threads threads that the tasks of an executor compute on together; 0 for as many as its
 *     machine has
 * @param kernels the newest instructions that native kernels may use
 * @param requireNative whether a task fails rather than fall back to pure Java
 * @param precision format that products read in training
 */
public record Engine(int threads, CpuKernels kernels, boolean requireNative, Precision precision)
    implements Serializable {
  private static final Logger LOG = LoggerFactory.getLogger(Engine.class);
  private static final AtomicBoolean WARNED = new AtomicBoolean();

  /** As the settings say; with float32 products until it is known what the executors have. */
  static Engine of(EngineSettings settings, SparkConf conf) {
    return new Engine(
        settings.threads() > 0 ? settings.threads() : ExecutorCores.of(conf).orElse(0),
        settings.cpuKernels(),
        settings.requireNative(),
        Precision.FLOAT32);
  }

  /** The same with products of another format in training. */
  public Engine with(Precision other) {
    return new Engine(threads, kernels, requireNative, other);
  }

  /**
   * Loads this process's BLAS, which logs which one it is.
   *
   * @throws io.coppice.failure.NativeLibraryException if native BLAS is required and does not load
   */
  public void open() {
    load();
  }

  /** This process's BLAS; loaded at the first call. A task that calls this takes a thread. */
  public Blas blas() {
    Blas blas = load();
    TaskContext task = TaskContext.get();
    if (task != null) {
      TaskSeats.take(task, blas.pool());
    }
    if (precision == Precision.BF16 && !blas.hasBf16Units() && !WARNED.getAndSet(true)) {
      LOG.warn(
          "This processor has no units for bfloat16: training computes the same mathematics here,"
              + " more slowly");
    }
    return blas;
  }

  private Blas load() {
    int together = threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
    return BlasProvider.blas(together, kernels, requireNative);
  }

  /** Libraries, kernels and formats, in words for the record. */
  public String description() {
    return load().description()
        + (precision == Precision.BF16 ? ", bfloat16 products in training" : "");
  }
}
