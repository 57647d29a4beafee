package io.coppice.job.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.coppice.failure.InvalidDataException;
import io.coppice.job.progress.ExecutorProgress;
import io.coppice.job.progress.Progress;
import io.coppice.job.progress.ProgressAccumulator;
import io.coppice.job.progress.ProgressEvent;
import io.coppice.job.progress.ProgressEvent.BlockEpoch;
import io.coppice.job.progress.ProgressEvent.BlockStarted;
import io.coppice.reconstruct.EpochErrors;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A real session: Kryo, failures and progress go through it. */
class SparkSessionsTest {
  /** Tasks wait for it, to prove that events arrive before they end. */
  private static final CountDownLatch HEARD = new CountDownLatch(1);

  private static JavaSparkContext spark;

  @BeforeAll
  static void start() {
    System.setProperty("spark.master", "local[2]");
    System.setProperty("spark.ui.enabled", "false");
    System.setProperty("spark.executor.heartbeatInterval", "500ms");
    spark = new JavaSparkContext(SparkSessions.start("test").sparkContext());
  }

  @AfterAll
  static void stop() {
    SparkSessions.stop();
    System.clearProperty("spark.master");
    System.clearProperty("spark.ui.enabled");
    System.clearProperty("spark.executor.heartbeatInterval");
  }

  @Test
  void classesNobodyRegisteredAreRefused() {
    Throwable failure =
        catchThrowable(
            () -> spark.parallelize(List.of(1), 1).map(any -> new Unregistered(any)).collect());

    assertThat(failure).hasStackTraceContaining("Class is not registered");
  }

  @Test
  void anExecutorsBadDataIsBadData() {
    Throwable failure =
        catchThrowable(
            () ->
                spark
                    .parallelize(List.of(1), 1)
                    .foreach(
                        any -> {
                          throw new InvalidDataException("Tensor a holds NaN.");
                        }));

    assertThat(Failure.of(failure)).isEqualTo(new Failure(3, "Tensor a holds NaN."));
  }

  @Test
  void eventsArriveOnceAndWhileTasksRun() {
    List<ProgressEvent> heard = new CopyOnWriteArrayList<>();
    try (ExecutorProgress events = new ExecutorProgress(spark.sc(), hearing(heard))) {
      ProgressAccumulator accumulator = events.accumulator();
      List<Boolean> heardInTime =
          spark
              .parallelize(List.of(0, 1), 2)
              .map(
                  block -> {
                    accumulator.add(new BlockStarted(1, block, 1));
                    boolean inTime = HEARD.await(20, TimeUnit.SECONDS);
                    accumulator.add(new BlockEpoch(1, block, new EpochErrors(1, 0.5, 0.6), 1));
                    return inTime;
                  })
              .collect();
      assertThat(heardInTime).containsExactly(true, true);
    }

    assertThat(heard)
        .containsExactlyInAnyOrder(
            new BlockStarted(1, 0, 1),
            new BlockStarted(1, 1, 1),
            new BlockEpoch(1, 0, new EpochErrors(1, 0.5, 0.6), 1),
            new BlockEpoch(1, 1, new EpochErrors(1, 0.5, 0.6), 1));
  }

  @Test
  void whatTheUserSaidIsKept() {
    SparkConf conf =
        SparkSessions.configured(
            new SparkConf(false)
                .set("spark.master", "yarn")
                .set("spark.executor.extraJavaOptions", "-Xss4m")
                .set("spark.executor.heartbeatInterval", "7s")
                .set("spark.executorEnv.LC_ALL", "en_US.UTF-8"));

    assertThat(conf.get("spark.master")).isEqualTo("yarn");
    assertThat(conf.get("spark.executor.heartbeatInterval")).isEqualTo("7s");
    assertThat(conf.get("spark.executorEnv.LC_ALL")).isEqualTo("en_US.UTF-8");
    assertThat(SparkSessions.configured(new SparkConf(false)).get("spark.executorEnv.LC_ALL"))
        .isEqualTo("C.UTF-8");
    assertThat(conf.get("spark.executor.extraJavaOptions"))
        .isEqualTo("-Xss4m --add-modules=jdk.incubator.vector");
    assertThat(SparkSessions.configured(conf).get("spark.executor.extraJavaOptions"))
        .isEqualTo("-Xss4m --add-modules=jdk.incubator.vector");
    assertThat(SparkSessions.configured(new SparkConf(false)).get("spark.master"))
        .isEqualTo("local[*]");
  }

  private static Progress hearing(List<ProgressEvent> heard) {
    return new Progress() {
      @Override
      public void report(ProgressEvent event) {
        heard.add(event);
        if (heard.stream().filter(BlockStarted.class::isInstance).count() == 2) {
          HEARD.countDown();
        }
      }

      @Override
      public void close() {}
    };
  }

  private record Unregistered(int value) {}
}
