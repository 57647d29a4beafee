package io.coppice.job.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** On a local master that tries each task four times. */
class TaskFailuresTest {
  private static final AtomicInteger TRIES = new AtomicInteger();
  private static JavaSparkContext spark;
  private TaskFailures failures;

  @BeforeAll
  static void start() {
    spark = new JavaSparkContext(new SparkConf().setMaster("local[1,4]").setAppName("failures"));
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  @BeforeEach
  void watch() {
    TRIES.set(0);
    failures = TaskFailures.watch(spark.sc());
  }

  @Test
  void brokenDataIsNotTriedToTheLast() {
    Exception failure = fail(() -> new InvalidDataException("Tensor a holds NaN"));

    assertThat(Failure.of(failures.cause(failure))).isEqualTo(new Failure(3, "Tensor a holds NaN"));
    assertThat(TRIES.get()).isLessThan(4);
  }

  @Test
  void whatTheUserCanPutRightIsTriedOnceMore() {
    Exception failure = fail(() -> new UsageException("There is no room left"));

    assertThat(Failure.of(failures.cause(failure)))
        .isEqualTo(new Failure(2, "There is no room left"));
    assertThat(TRIES.get()).isBetween(2, 3);
  }

  @Test
  void anotherFaultIsNotTakenForATasks() {
    fail(() -> new InvalidDataException("Tensor a holds NaN"));
    IllegalStateException ours = new IllegalStateException("ours");

    assertThat(failures.cause(ours)).isSameAs(ours);
  }

  @Test
  void anythingElseIs() {
    Exception failure = fail(() -> new IllegalStateException("lost"));

    assertThat(failures.cause(failure)).isSameAs(failure);
    assertThat(TRIES.get()).isEqualTo(4);
  }

  private static Exception fail(SerializableSupplier failure) {
    return catchThrowableOfType(
        Exception.class,
        () ->
            spark
                .parallelize(List.of(0), 1)
                .foreach(
                    zero -> {
                      TRIES.incrementAndGet();
                      // Long enough for the driver to hear of the try before.
                      Thread.sleep(500);
                      throw failure.get();
                    }));
  }

  private interface SerializableSupplier extends Supplier<RuntimeException>, java.io.Serializable {}
}
