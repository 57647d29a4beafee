package io.coppice.job.chain.activations;

import io.coppice.job.cli.ActivationSettings;
import io.coppice.job.cli.ActivationSettings.ActivationType;
import io.coppice.job.cluster.Cluster;
import io.coppice.job.cluster.HadoopSettings;
import org.apache.spark.api.java.JavaSparkContext;

/** Chooses the store of activations: the user's, else one by size. */
public final class StoreChoice {
  // A broadcast needs about 2.1 times its size in heap, on the driver and on each executor, besides
  // everything else there.
  private static final int SHARE_OF_HEAP = 6;
  // Above it, Spark refuses to collect one pass's results (spark.driver.maxResultSize is 1 GiB).
  private static final long LARGEST_BROADCAST_CHAIN = 512L << 20;

  private StoreChoice() {}

  /** Bytes of one chain's activations at all its boundaries. */
  public static long chainBytes(
      ActivationType type, WindowGroups groups, int hiddenSize, int blockCount) {
    return (long) groups.windows()
        * groups.sequenceLength()
        * hiddenSize
        * (blockCount + 1)
        * ActivationCodec.bytes(type);
  }

  /**
   * A store for two chains, dense and sparse.
   *
   * @param workFolder for files, on a file system that all executors see
   */
  public static ActivationStore of(
      Cluster cluster,
      ActivationSettings settings,
      long chainBytes,
      String workFolder,
      HadoopSettings hadoop) {
    JavaSparkContext spark = cluster.spark();
    ActivationType type = settings.type(cluster.engine().precision());
    long driverHeap = Runtime.getRuntime().maxMemory();
    long executorHeap =
        spark.isLocal()
            ? driverHeap
            : spark.getConf().getSizeAsBytes("spark.executor.memory", "1g");
    return broadcasts(settings, chainBytes, driverHeap, executorHeap)
        ? new BroadcastStore(spark, type)
        : new FileStore(workFolder, type, settings.localCache(), hadoop);
  }

  /** Whether two such chains are broadcast rather than kept in files. */
  public static boolean broadcasts(
      ActivationSettings settings, long chainBytes, long driverHeap, long executorHeap) {
    return switch (settings.store()) {
      case BROADCAST -> true;
      case FILES -> false;
      case AUTO -> fits(chainBytes, driverHeap, executorHeap);
    };
  }

  private static boolean fits(long chainBytes, long driverHeap, long executorHeap) {
    return chainBytes <= LARGEST_BROADCAST_CHAIN
        && 2 * chainBytes <= Math.min(driverHeap, executorHeap) / SHARE_OF_HEAP;
  }
}
