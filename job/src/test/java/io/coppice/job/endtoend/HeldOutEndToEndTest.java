package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** If no text is held out, only the figures that need it are left out. */
class HeldOutEndToEndTest {
  private static final String NOTHING_HELD_OUT = "--held-out 0 --select last --epochs 2";

  @TempDir private static Path folder;
  private static SmallRun small;
  private static Path output;
  private static Program program;

  @BeforeAll
  static void prune() {
    small = SmallRun.write(folder);
    output = folder.resolve("sparse");
    program = Program.succeed(small.prune(output, NOTHING_HELD_OUT + " --keep-work"));
  }

  @Test
  void progressIsToldInNumbers() {
    assertThat(program.err())
        .containsPattern("wave 2, block 0, epoch 1: loss [0-9.]+; error [0-9.]+, ")
        .doesNotContain("NaN");
  }

  @Test
  void theRecordSaysNullForWhatWasNotMeasured() throws IOException {
    assertThat(Files.readString(output.resolve("coppice/run.json"))).doesNotContain("NaN");
    JsonNode run = Measured.run(output);
    assertThat(run.required("error_calibration").doubleValue()).isPositive();
    assertThat(run.required("mean_relative_error_calibration").doubleValue()).isPositive();
    for (String key :
        new String[] {
          "error_held_out",
          "mean_relative_error_held_out",
          "perplexity_held_out_dense",
          "perplexity_held_out_sparse"
        }) {
      assertThat(run.required(key).isNull()).as(key).isTrue();
    }
  }

  @Test
  void whetherItOverfittedIsNotKnown() {
    JsonNode generalisation = Measured.run(output).required("generalisation");
    assertThat(generalisation.required("ratio").isNull()).isTrue();
    assertThat(generalisation.required("overfitted").isNull()).isTrue();
    assertThat(generalisation.required("message").textValue())
        .contains("not known")
        .contains("give --held-out");
  }

  @Test
  void metricsSayNullToo() throws IOException {
    assertThat(Files.readString(output.resolve("coppice/metrics.jsonl"))).doesNotContain("NaN");
    for (JsonNode line : Measured.metrics(output)) {
      assertThat(line.required("error_calibration").doubleValue()).isPositive();
      assertThat(line.required("error_held_out").isNull()).isTrue();
      assertThat(line.required("relative_error_held_out").isNull()).isTrue();
      assertThat(line.required("epochs"))
          .isNotEmpty()
          .allMatch(epoch -> epoch.required("block_error_held_out").isNull());
    }
  }

  @Test
  void finishedBlocksAreTakenOverWithoutIt() {
    Program again = Program.succeed(small.prune(output, NOTHING_HELD_OUT + " --overwrite"));
    assertThat(again.err()).contains("taken over: 2 of 2 blocks of wave 2").doesNotContain("NaN");
  }

  @Test
  void planNeedsNone() {
    assertThat(
            Program.succeed(Program.words("plan --model " + small.model() + " " + NOTHING_HELD_OUT))
                .out())
        .isNotEmpty()
        .doesNotContain("NaN");
  }
}
