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

/** A last block that is trained towards the dense model's distributions, by the whole program. */
class LastBlockEndToEndTest {
  private static final String KL = "--last-block kl --method wanda ";

  @TempDir private Path folder;
  private SmallRun small;
  private Path output;

  @BeforeEach
  void write() {
    small = SmallRun.write(folder);
    output = folder.resolve("sparse");
  }

  /** Only spans that end with the last block have losses, in each round. */
  @ParameterizedTest
  @CsvSource({
    "gp, waves --waves 2, '1:1 2:1'",
    "gp, sequential, '1:1'",
    "cr, waves --waves 2, '1:0 1:1 2:1'",
    "cr, sequential, '1:1 2:0 2:1'"
  })
  void theRecordTellsTheLossBesideTheError(String level, String schedule, String expected) {
    prune("--epochs 4 --reconstruct %s --schedule %s", level, schedule);

    List<String> found = new ArrayList<>();
    for (JsonNode line : Measured.metrics(output)) {
      JsonNode epochs = line.required("epochs");
      if (epochs.get(0).has("kl_held_out")) {
        found.add(line.required("wave").intValue() + ":" + line.required("block").intValue());
        for (JsonNode epoch : epochs) {
          for (String text : List.of("calibration", "held_out")) {
            double kl = epoch.required("kl_" + text).doubleValue();
            assertThat(epoch.required("loss_" + text).doubleValue()).isGreaterThan(kl);
            assertThat(kl).isPositive();
            assertThat(epoch.required("block_error_" + text).doubleValue()).isPositive();
          }
        }
      }
    }
    assertThat(found.stream().sorted().toList()).containsExactly(expected.split(" "));
    JsonNode configuration = Measured.run(output).required("configuration");
    assertThat(configuration.required("last-block").textValue()).isEqualTo("kl");
    assertThat(configuration.required("last-block-weight").asDouble()).isEqualTo(3);
  }

  /** As the loss asks, at the price of the error. */
  @Test
  void theModelComesNearerToTheDenseOnesDistributions() {
    String training = "--reconstruct gp --epochs 12 --schedule parallel ";
    prune(training + "--last-block-weight 0");
    Path other = folder.resolve("other");
    Program.succeed(small.prune(other, "--method wanda " + training));

    assertThat(Measured.run(output).required("error_held_out").doubleValue())
        .isGreaterThan(Measured.run(other).required("error_held_out").doubleValue());
    requireLower("kl_calibration", 0.9);
    requireLower("kl_held_out", 0.95);
  }

  @ParameterizedTest
  @EnumSource(
      value = SmallFamily.class,
      names = {"MISTRAL", "OPT", "OPT_WITHOUT_PREFIX", "OPT_NORM_BEHIND"})
  void familiesWithOtherNormsAndHeadsDoToo(SmallFamily family) {
    SmallRun other =
        new SmallRun(
            SmallModel.write(folder.resolve("other-model"), family).toString(), small.text());
    Program.succeed(other.prune(output, KL + "--reconstruct gp --epochs 4 --schedule parallel"));
    requireLower("kl_calibration", 1);
    requireLower("loss_calibration", 0.98);
  }

  /** In the only round, a figure of the last block is lower at the end than at the beginning. */
  private void requireLower(String figure, double share) {
    JsonNode epochs = Measured.lastWave(output).get(1).required("epochs");
    assertThat(epochs.get(epochs.size() - 1).required(figure).doubleValue())
        .isLessThan(share * epochs.get(0).required(figure).doubleValue());
  }

  @Test
  void executorsAndThreadsDoNotShow() {
    String options = KL + "--waves 2 --epochs 4 --last-block-tokens 0.25 --masks gradual";
    Program.on("local[1]", small.prune(output, options)).succeeded();
    Path other = folder.resolve("other");
    Program.on("local[3]", small.prune(other, options)).succeeded();

    assertThat(Folders.checkpoint(other)).isEqualTo(Folders.checkpoint(output));
  }

  @Test
  void autoChoosesAmongLevelsOfBothKinds() {
    prune("--waves 2 --epochs 2 --reconstruct auto");
    assertThat(Measured.run(output).required("levels"))
        .extracting(level -> level.required("level").textValue())
        .startsWith("br", "gp", "cr");
  }

  @Test
  void ablateTakesItToo() {
    Path tables = folder.resolve("tables");
    String table =
        Program.succeed(
                small.ablate(
                    tables, "--waves 2 --epochs 4 --methods wanda --levels br,gp --last-block kl"))
            .out();
    assertThat(table).contains("At level gp the last block is trained by KL");
    prune("--waves 2 --epochs %d --reconstruct gp", 4);
    JsonNode rows = Measured.json(tables.resolve("ablation.json")).required("rows");
    assertThat(rows.get(1).required("error_held_out").required("mean").doubleValue())
        .isEqualTo(Measured.run(output).required("error_held_out").doubleValue());
  }

  @Test
  void anotherWeightIsAnotherRun() {
    String options = KL + "--waves 2 --epochs 4 --keep-work ";
    Program.succeed(small.prune(output, options));
    Program refused =
        Program.run(small.prune(output, options + "--overwrite --last-block-weight 1"));
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.sentence()).contains("last-block-weight");
  }

  private void prune(String options, Object... values) {
    Program.succeed(small.prune(output, KL + options.formatted(values)));
  }
}
