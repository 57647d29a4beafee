package io.coppice.job.cluster;

import com.sun.management.OperatingSystemMXBean;
import io.coppice.failure.UsageException;
import io.coppice.failure.Words;
import java.lang.management.ManagementFactory;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.apache.spark.network.util.JavaUtils;

/**
 * The memory that a process may take outside the Java heap, as far as it can be known.
 *
 * @param bytes the limit
 * @param place names the owner of the memory and the way to get more, for messages
 */
public record OffHeapMemory(long bytes, String place) {
  private static final double OVERHEAD_FACTOR = 0.1;
  private static final long LEAST_OVERHEAD = 384L << 20;

  /** The machine that this process runs on, or its container. */
  public static OffHeapMemory ofThisMachine() {
    OperatingSystemMXBean machine =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return new OffHeapMemory(
        machine.getTotalMemorySize(), "the machine has %s in all; take a larger one");
  }

  /**
   * The memory of an executor where the cluster limits it: on YARN and Kubernetes, and in local
   * mode, where it is the memory of the driver's machine. Empty if only the executor itself can
   * tell.
   */
  public static Optional<OffHeapMemory> ofExecutor(SparkConf conf) {
    String master = conf.get("spark.master", "");
    if (master.startsWith("local") && !master.startsWith("local-cluster")) {
      OffHeapMemory machine = ofThisMachine();
      return Optional.of(
          new OffHeapMemory(
              machine.bytes() - Runtime.getRuntime().totalMemory(),
              "this machine has %s beside the Java heap; take a larger one or fewer cores"));
    }
    if (!master.startsWith("yarn") && !master.startsWith("k8s")) {
      return Optional.empty();
    }
    long heap = JavaUtils.byteStringAsBytes(conf.get("spark.executor.memory", "1g"));
    double factor = conf.getDouble("spark.executor.memoryOverheadFactor", OVERHEAD_FACTOR);
    long overhead =
        conf.contains("spark.executor.memoryOverhead")
            ? JavaUtils.byteStringAsMb(conf.get("spark.executor.memoryOverhead")) << 20
            : Math.max(LEAST_OVERHEAD, (long) (factor * heap));
    return Optional.of(
        new OffHeapMemory(
            overhead,
            "an executor has %s outside its heap; raise spark.executor.memoryOverhead or give it"
                + " fewer cores"));
  }

  /**
   * Fails if something is sure not to fit.
   *
   * @param what names it, as the beginning of a sentence
   * @throws UsageException if it does not fit
   */
  public void require(String what, long needed) {
    if (needed > bytes) {
      throw new UsageException(
          "%s takes %s of memory, but %s".formatted(what, Words.size(needed), sentence()));
    }
  }

  /** The limit and the way to raise it, as the end of a sentence. */
  public String sentence() {
    return place.formatted(Words.size(bytes));
  }
}
