package io.coppice.job.cluster;

import java.util.OptionalInt;
import org.apache.spark.SparkConf;

/** The cores of an executor, as far as Spark's settings say. */
public final class ExecutorCores {
  private ExecutorCores() {}

  /** The number of cores; none where an executor has all that its machine has. */
  public static OptionalInt of(SparkConf conf) {
    String master = conf.get("spark.master", "local[*]");
    if (isLocal(master)) {
      String threads = master.replaceAll("^local\\[?([^\\],]*).*$", "$1");
      if (threads.matches("\\d{1,6}")) {
        return OptionalInt.of(Integer.parseInt(threads));
      }
      return threads.isEmpty() ? OptionalInt.of(1) : OptionalInt.empty();
    }
    if (conf.contains("spark.executor.cores")) {
      return OptionalInt.of(conf.getInt("spark.executor.cores", 1));
    }
    return master.startsWith("yarn") ? OptionalInt.of(1) : OptionalInt.empty();
  }

  /** Whether the driver is the executor. */
  public static boolean isLocal(SparkConf conf) {
    return isLocal(conf.get("spark.master", "local[*]"));
  }

  private static boolean isLocal(String master) {
    return master.startsWith("local") && !master.startsWith("local-cluster");
  }
}
