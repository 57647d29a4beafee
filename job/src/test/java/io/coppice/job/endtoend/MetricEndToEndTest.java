package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Errors that count by what they do to the dense model's predictions, by the whole program. */
class MetricEndToEndTest {
  private static final String FISHER = "--metric fisher --method wanda ";

  @TempDir private Path folder;
  private SmallRun small;
  private Path output;

  @BeforeEach
  void write() {
    small = SmallRun.write(folder);
    output = folder.resolve("sparse");
  }

  /** Wherever the last block is not trained by KL, which has no metric. */
  @ParameterizedTest
  @CsvSource({
    "br, waves --waves 2, '1:0 1:1 2:0 2:1'",
    "gp, sequential, '1:0 1:1'",
    "gp, parallel --last-block kl, '1:0'",
    "cr, waves --waves 2, '1:0 1:1 2:0 2:1'"
  })
  void theRecordTellsTheLossBesideTheError(String level, String schedule, String expected) {
    prune("--epochs 4 --reconstruct %s --schedule %s", level, schedule);

    List<String> found = new ArrayList<>();
    for (JsonNode line : Measured.metrics(output)) {
      JsonNode epochs = line.required("epochs");
      if (epochs.get(0).has("loss_held_out") && !epochs.get(0).has("kl_held_out")) {
        found.add(line.required("wave").intValue() + ":" + line.required("block").intValue());
        for (JsonNode epoch : epochs) {
          for (String text : List.of("calibration", "held_out")) {
            assertThat(epoch.required("loss_" + text).doubleValue())
                .isPositive()
                .isNotEqualTo(epoch.required("block_error_" + text).doubleValue());
          }
        }
      }
    }
    assertThat(found.stream().sorted().toList()).containsExactly(expected.split(" "));
    assertThat(Measured.run(output).required("configuration").required("metric").textValue())
        .isEqualTo("fisher");
  }

  /** As the loss asks, which is not to lower the error. */
  @Test
  void trainingLowersTheErrorInTheMetric() {
    String training = "--reconstruct gp --epochs 12 --schedule parallel ";
    prune(training);
    Path other = folder.resolve("other");
    Program.succeed(small.prune(other, "--method wanda " + training));

    for (JsonNode line : Measured.lastWave(output)) {
      JsonNode epochs = line.required("epochs");
      JsonNode end = epochs.get(epochs.size() - 1);
      assertThat(end.required("loss_calibration").doubleValue())
          .isLessThan(0.9 * epochs.get(0).required("loss_calibration").doubleValue());
      assertThat(end.required("loss_held_out").doubleValue())
          .isLessThan(epochs.get(0).required("loss_held_out").doubleValue());
    }
    assertThat(Folders.checkpoint(output)).isNotEqualTo(Folders.checkpoint(other));
  }

  @ParameterizedTest
  @EnumSource(
      value = SmallFamily.class,
      names = {"MISTRAL", "OPT", "OPT_NORM_BEHIND"})
  void familiesWithOtherNormsAndHeadsHaveItToo(SmallFamily family) {
    SmallRun other =
        new SmallRun(
            SmallModel.write(folder.resolve("other-model"), family).toString(), small.text());
    Program.succeed(
        other.prune(output, FISHER + "--reconstruct gp --epochs 4 --schedule parallel"));
    for (JsonNode line : Measured.lastWave(output)) {
      JsonNode epochs = line.required("epochs");
      assertThat(epochs.get(4).required("loss_calibration").doubleValue())
          .isLessThan(epochs.get(0).required("loss_calibration").doubleValue());
    }
  }

  /**
   * Nor does it show where gradients are kept: in one group, or in three, of which held-out windows
   * cut off the last.
   */
  @Test
  void executorsThreadsAndStoresDoNotShow() {
    String options =
        FISHER
            + "--waves 2 --epochs 2 --reconstruct gp --activation-dtype f32"
            + " --self-generated 48 --language any ";
    Program.on("local[1]", small.prune(output, options)).succeeded();
    Path other = folder.resolve("other");
    Program.on("local[3]", small.prune(other, options + "--activations files")).succeeded();

    assertThat(Folders.checkpoint(other)).isEqualTo(Folders.checkpoint(output));
  }

  /** Text that the model wrote is trained on, so it decides too. */
  @Test
  void allWindowsThatAreTrainedOnDecide() {
    prune("--reconstruct gp --epochs 2 --schedule parallel");
    Path more = folder.resolve("more");
    Program.succeed(
        small.prune(
            more,
            FISHER
                + "--reconstruct gp --epochs 2 --schedule parallel --self-generated 4 --language any"));
    assertThat(firstLoss(more)).isNotEqualTo(firstLoss(output));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--reconstruct gp --held-out 0 --select last",
        "--reconstruct cr --schedule sequential --masks gradual",
        "--reconstruct auto --waves 2"
      })
  void otherOptionsGoWithIt(String options) {
    prune("--epochs 2 " + options);
    assertThat(Measured.lastWave(output).get(0).required("epochs").get(0).has("loss_calibration"))
        .isTrue();
  }

  @Test
  void ablateTakesItToo() {
    Path tables = folder.resolve("tables");
    String table =
        Program.succeed(
                small.ablate(
                    tables,
                    FISHER.replace("method", "methods")
                        + "--waves 2 --epochs 2 --levels lr,gp --seeds 3,0"))
            .out();
    assertThat(table).contains("At level gp errors are measured in the metric fisher in training.");
    prune("--waves 2 --epochs 2 --reconstruct gp");
    JsonNode gp = Measured.json(tables.resolve("ablation.json")).required("rows").get(1);
    assertThat(gp.required("error_held_out").required("seeds").required("0").doubleValue())
        .isEqualTo(Measured.run(output).required("error_held_out").doubleValue());
  }

  private static double firstLoss(Path sparse) {
    return Measured.lastWave(sparse)
        .get(0)
        .required("epochs")
        .get(0)
        .required("loss_held_out")
        .doubleValue();
  }

  @Test
  void anotherMetricIsAnotherRun() {
    String options = "--method wanda --reconstruct gp --waves 2 --epochs 2 --keep-work ";
    Program.succeed(small.prune(output, options));
    Program refused = Program.run(small.prune(output, options + "--overwrite --metric fisher"));
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.sentence()).contains("metric");
    String several = "--method wanda --reconstruct auto --waves 1 --epochs 1 --keep-work ";
    Path chosen = folder.resolve("chosen");
    Program.succeed(small.prune(chosen, several));
    assertThat(
            Program.run(small.prune(chosen, several + "--overwrite --metric identity")).exitCode())
        .isEqualTo(2);
  }

  private void prune(String options, Object... values) {
    Program.succeed(small.prune(output, FISHER + options.formatted(values)));
  }
}
