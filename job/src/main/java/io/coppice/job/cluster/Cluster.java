package io.coppice.job.cluster;

import io.coppice.job.cli.EngineSettings;
import io.coppice.tensor.Precision;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * A started Spark session with the engine of its tasks. Lives on the driver.
 *
 * @param session starts the tasks
 * @param engine travels with them
 */
public record Cluster(SparkSession session, Engine engine) {
  /** Tasks for each slot, so that no executor is left out. */
  private static final int QUESTIONS = 4;

  /**
   * A session with the engine that the settings ask for, training in float32; opens the engine in
   * this process.
   *
   * @throws io.coppice.failure.NativeLibraryException if native BLAS is required and does not load
   */
  public static Cluster of(SparkSession session, EngineSettings settings) {
    Engine engine = Engine.of(settings, session.sparkContext().getConf());
    engine.open();
    return new Cluster(session, engine);
  }

  /** The same with products of another format in training. */
  public Cluster with(Precision precision) {
    return new Cluster(session, engine.with(precision));
  }

  /** The context that jobs are run in. */
  public JavaSparkContext spark() {
    return JavaSparkContext.fromSparkContext(session.sparkContext());
  }

  /** Whether the processors of all executors multiply bfloat16 faster than float32; asks them. */
  public boolean hasBf16Units() {
    int tasks = QUESTIONS * spark().defaultParallelism();
    List<Integer> questions = IntStream.range(0, tasks).boxed().toList();
    Engine asked = engine;
    return spark()
        .parallelize(questions, tasks)
        .map(question -> asked.blas().hasBf16Units())
        .collect()
        .stream()
        .allMatch(has -> has);
  }
}
