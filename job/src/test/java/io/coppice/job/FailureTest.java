package io.coppice.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.NativeLibraryException;
import io.coppice.failure.ThresholdException;
import io.coppice.failure.UsageException;
import java.util.concurrent.ExecutionException;
import org.apache.spark.SparkException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  /**
   * Java keeps the first failure of a class's initialiser, and at the second use only its words.
   */
  @Test
  void whatAClassesInitialiserSaidIsNotLost() {
    Throwable first = catchThrowable(Broken::use);
    Throwable second = catchThrowable(Broken::use);

    assertThat(first).isInstanceOf(ExceptionInInitializerError.class);
    assertThat(Failure.of(first)).isEqualTo(new Failure(2, "No such library."));
    assertThat(second).isInstanceOf(NoClassDefFoundError.class);
    assertThat(Failure.of(second)).isEqualTo(new Failure(2, "No such library."));
    assertThat(Failure.of(new ExceptionInInitializerError(new IllegalStateException("ours"))))
        .isEqualTo(
            new Failure(
                1,
                "This is a fault of Coppice or of the cluster, not of your input"
                    + " (IllegalStateException: ours); the log has the stack trace"));
  }

  private static final class Broken {
    static final String LIBRARY = load();

    static void use() {
      assertThat(LIBRARY).isNotNull();
    }

    private static String load() {
      throw new NativeLibraryException("No such library.");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          Invalid Spark URL: spark://HeartbeatReceiver@some_host:41811 | (some_host) | SPARK_LOCAL_HOSTNAME
          java.net.UnknownHostException: nohost: nohost: Name or service not known | (nohost) | SPARK_LOCAL_IP
          java.io.IOException: No space left on device | no room left | spark.local.dir
          java.lang.UnsatisfiedLinkError: /tmp/libx.so: /tmp/libx.so: failed to map segment | (/tmp/libx.so) | -Djava.io.tmpdir=FOLDER
          org.xerial.snappy.SnappyError: [FAILED_TO_LOAD_NATIVE_LIBRARY] no native library is found | native library | noexec
          """)
  void whatAMachineLacksIsTheUsersToPutRight(String words, String what, String remedy) {
    Failure failure = Failure.of(new IllegalStateException(new SparkException(words)));

    assertThat(failure.exitCode()).isEqualTo(2);
    assertThat(failure.message()).contains(what, remedy);
  }

  @Test
  void aStackTraceIsNoPartOfTheSentence() {
    String told = "Cannot read a.gz: java.io.IOException: cut\n\tat a.B.c(B.java:1)\nCaused by: d";

    assertThat(Failure.of(new InvalidDataException(told)).message())
        .isEqualTo("Cannot read a.gz: java.io.IOException: cut");
    assertThat(
            Failure.of(new SparkException("Lost task\nof two\n\nDriver stacktrace:\n\tat a.B"))
                .message())
        .contains("(SparkException: Lost task of two)");
  }

  @Test
  void ringsOfCausesEnd() {
    Exception first = new Exception("first");
    first.initCause(new Exception("second", first));

    assertThat(Failure.of(first).exitCode()).isEqualTo(1);
  }
}
