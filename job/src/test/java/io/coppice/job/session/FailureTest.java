package io.coppice.job.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.ThresholdException;
import io.coppice.failure.UsageException;
import java.util.concurrent.ExecutionException;
import org.apache.spark.SparkException;
import org.junit.jupiter.api.Test;

class FailureTest {
  @Test
  void causesAreLookedThrough() {
    Throwable failure =
        new ExecutionException(
            new SparkException("Job aborted", new InvalidDataException("Shard a is cut.")));

    assertThat(Failure.of(failure)).isEqualTo(new Failure(3, "Shard a is cut."));
    assertThat(Failure.of(new IllegalStateException(new UsageException("No such folder."))))
        .isEqualTo(new Failure(2, "No such folder."));
  }

  @Test
  void whatSurvivedAsTextIsFound() {
    String message =
        """
        Job aborted due to stage failure: Task 0 in stage 1.0 failed 4 times, most recent failure: \
        Lost task 0.3 in stage 1.0 (TID 5) (10.0.0.1 executor 2): \
        io.coppice.failure.InvalidDataException: Tensor a.weight in model.safetensors holds NaN; \
        write the checkpoint again.
        \tat io.coppice.checkpoint.Checkpoint.read(Checkpoint.java:1)

        Driver stacktrace:""";

    assertThat(Failure.of(new SparkException(message)))
        .isEqualTo(
            new Failure(
                3, "Tensor a.weight in model.safetensors holds NaN; write the checkpoint again."));
  }

  @Test
  void theTypedCauseBeatsTheText() {
    assertThat(
            Failure.of(
                new SparkException(
                    "io.coppice.failure.UsageException: told", new InvalidDataException("typed"))))
        .isEqualTo(new Failure(3, "typed"));
  }

  @Test
  void aMissedThresholdIsNobodysFault() {
    assertThat(Failure.of(new ThresholdException("too high")))
        .isEqualTo(new Failure(4, "too high"));
  }

  @Test
  void anythingElseIsOurs() {
    assertThat(Failure.of(new SparkException("Executor lost")).exitCode()).isEqualTo(1);
    assertThat(Failure.of(new NullPointerException()).message())
        .contains("fault of Coppice")
        .contains("NullPointerException");
  }

  @Test
  void ringsOfCausesEnd() {
    Exception first = new Exception("first");
    first.initCause(new Exception("second", first));

    assertThat(Failure.of(first).exitCode()).isEqualTo(1);
  }
}
