package io.coppice.job.session;

import io.coppice.failure.UsageException;
import io.coppice.tensor.BlasProvider;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import scala.Option;

/** Starts and stops Spark with the settings that Coppice needs. */
public final class SparkSessions {
  private static final String EXECUTOR_OPTIONS = "spark.executor.extraJavaOptions";
  private static final String VECTOR_MODULE = "--add-modules=jdk.incubator.vector";

  private SparkSessions() {}

  /**
   * The running session, or a new one with spark-submit's settings and those that Coppice needs.
   *
   * @throws UsageException if Spark does not know the master
   */
  public static SparkSession start(String name) {
    SparkConf conf = configured(new SparkConf()).setAppName(name);
    try {
      return SparkSession.builder().config(conf).getOrCreate();
    } catch (Exception e) { // SparkException is checked, and undeclared where Scala throws it
      if (String.valueOf(e.getMessage()).contains("Could not parse Master URL")) {
        throw new UsageException(
            "Spark knows no master '%s'; give --master local[N], yarn, spark://HOST:PORT or k8s://URL"
                .formatted(conf.get("spark.master")),
            e);
      }
      throw e;
    }
  }

  /** Stops the session, if one runs. */
  public static void stop() {
    Option<SparkSession> session = SparkSession.getDefaultSession();
    if (session.isDefined()) {
      session.get().stop();
    }
    // In local mode the tasks computed in this process.
    BlasProvider.close();
  }

  /** Adds the settings that Coppice needs, and keeps the user's. */
  static SparkConf configured(SparkConf conf) {
    conf.setIfMissing("spark.master", "local[*]");
    conf.set("spark.serializer", "org.apache.spark.serializer.KryoSerializer");
    conf.set("spark.kryo.registrationRequired", "true");
    conf.set("spark.kryo.registrator", CoppiceKryoRegistrator.class.getName());
    conf.setIfMissing("spark.ui.showConsoleProgress", "false");
    // Progress travels with heartbeats; Spark's ten seconds are long for someone who watches.
    conf.setIfMissing("spark.executor.heartbeatInterval", "2s");
    // A task has one BLAS thread; more in the library's own pool would compete for the cores.
    conf.setIfMissing("spark.executorEnv.OPENBLAS_NUM_THREADS", "1");
    // Elsewhere Java cannot name files beyond ASCII.
    conf.setIfMissing("spark.executorEnv.LC_ALL", "C.UTF-8");
    String options = conf.get(EXECUTOR_OPTIONS, "");
    if (!options.contains("jdk.incubator.vector")) {
      conf.set(EXECUTOR_OPTIONS, (options + " " + VECTOR_MODULE).strip());
    }
    return conf;
  }
}
