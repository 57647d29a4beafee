package io.coppice.job.cluster;

import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * A started Spark session with the engine of its tasks. Lives on the driver.
 *
 * @param session starts the tasks
 * @param engine travels with them
 */
public record Cluster(SparkSession session, Engine engine) {

  /**
   * A session with the engine that its settings ask for; opens the engine in this process.
   *
   * @param requireNative whether to fail rather than compute without native BLAS
   * @throws io.coppice.failure.NativeLibraryException if native BLAS is required and does not load
   */
  public static Cluster of(SparkSession session, boolean requireNative) {
    Engine engine =
        new Engine(session.sparkContext().getConf().getInt("spark.task.cpus", 1), requireNative);
    engine.open();
    return new Cluster(session, engine);
  }

  /** The context that jobs are run in. */
  public JavaSparkContext spark() {
    return JavaSparkContext.fromSparkContext(session.sparkContext());
  }
}
