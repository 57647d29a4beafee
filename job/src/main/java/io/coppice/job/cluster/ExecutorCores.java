package io.coppice.job.cluster;

import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;

/** The cores of an executor, as far as Spark's settings say. */
public final class ExecutorCores {
  /** Executors as processes of one machine: their number, cores and megabytes of each. */
  private static final Pattern LOCAL_CLUSTER =
      Pattern.compile("local-cluster\\[\\s*\\d+\\s*,\\s*(\\d{1,6})\\s*,.*");

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
    Matcher processes = LOCAL_CLUSTER.matcher(master);
    if (processes.matches()) {
      return OptionalInt.of(Integer.parseInt(processes.group(1)));
    }
    return master.startsWith("yarn") || master.startsWith("k8s")
        ? OptionalInt.of(1)
        : OptionalInt.empty();
  }

  /** Whether the driver is the executor. */
  public static boolean isLocal(SparkConf conf) {
    return isLocal(conf.get("spark.master", "local[*]"));
  }

  private static boolean isLocal(String master) {
    return master.startsWith("local") && !master.startsWith("local-cluster");
  }
}
