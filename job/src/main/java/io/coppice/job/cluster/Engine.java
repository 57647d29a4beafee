package io.coppice.job.cluster;

import io.coppice.tensor.Blas;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.CpuKernels;
import java.io.Serializable;

/**
 * The arithmetic of tasks; opened on each executor.
 *
 * @param blasThreads threads of each matrix product: {@code spark.task.cpus}
 * @param requireNative whether a task fails rather than fall back to pure Java
 */
public record Engine(int blasThreads, boolean requireNative) implements Serializable {

  /**
   * Loads this process's BLAS, which logs which one it is.
   *
   * @throws io.coppice.failure.NativeLibraryException if native BLAS is required and does not load
   */
  public void open() {
    BlasProvider.blas(blasThreads, requireNative);
  }

  /** This process's BLAS; loaded at the first call. */
  public Blas blas() {
    return BlasProvider.blas(blasThreads, CpuKernels.AUTO, requireNative);
  }
}
