package io.coppice.job.cluster;

import io.coppice.tensor.Blas;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.CpuKernels;
import java.io.Serializable;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * How tasks compute; opened on each executor.
 *
 * @param blasThreads threads of each matrix product: {@code spark.task.cpus}
 * @param requireNative whether a task fails rather than fall back to pure Java
 */
public record Engine(int blasThreads, boolean requireNative) implements Serializable {

  /** As the cluster's settings say. */
  public static Engine of(JavaSparkContext spark, boolean requireNative) {
    return new Engine(spark.getConf().getInt("spark.task.cpus", 1), requireNative);
  }

  /** This process's BLAS. */
  public Blas blas() {
    return BlasProvider.blas(blasThreads, CpuKernels.AUTO, requireNative);
  }
}
