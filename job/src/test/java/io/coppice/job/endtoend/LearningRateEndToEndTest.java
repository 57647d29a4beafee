package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.job.block.LearningRateTrials;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A learning rate that is found by trials, by the whole program. */
class LearningRateEndToEndTest {
  private static final String AUTO = "--learning-rate auto --epochs 2 --waves 1 --method wanda ";

  @TempDir private Path folder;
  private SmallRun small;
  private Path output;

  @BeforeEach
  void write() {
    small = SmallRun.write(folder);
    output = folder.resolve("sparse");
  }

  @Test
  void theRateThatLeavesLeastIsTakenAndRecorded() {
    Program.succeed(prune(output, AUTO));

    JsonNode found = Measured.run(output).required("learning_rate");
    List<Double> rates = new ArrayList<>();
    List<Double> left = new ArrayList<>();
    for (JsonNode trial : found.required("trials")) {
      rates.add(trial.required("rate").doubleValue());
      left.add(trial.required("loss_left").doubleValue());
    }
    assertThat(rates).isEqualTo(LearningRateTrials.RATES);
    assertThat(left).allSatisfy(share -> assertThat(share).isBetween(0.0, 1.5));
    int lowest = left.indexOf(left.stream().min(Double::compare).orElseThrow());
    double chosen = found.required("chosen").doubleValue();
    assertThat(chosen).isEqualTo(rates.get(lowest));

    Path same = folder.resolve("same");
    String options = AUTO.replace("auto", String.valueOf(chosen));
    Program.succeed(prune(same, options));
    assertThat(Folders.withoutCard(Folders.checkpoint(output)))
        .isEqualTo(Folders.withoutCard(Folders.checkpoint(same)));
    assertThat(Measured.run(same).has("learning_rate")).isFalse();
  }

  @Test
  void theSameIsFoundOnAnyNumberOfCoresAndAgain() {
    String options = AUTO + "--reconstruct best --keep-work";
    Program.on("local[1]", prune(output, options)).succeeded();
    Path other = folder.resolve("other");
    Program.on("local[3]", prune(other, options)).succeeded();

    assertThat(Folders.checkpoint(other)).isEqualTo(Folders.checkpoint(output));
    JsonNode found = Measured.run(output).required("learning_rate");
    assertThat(Measured.run(other).required("learning_rate")).isEqualTo(found);

    // Another start takes over what was found.
    Program again = Program.run(prune(output, options + " --overwrite"));
    again.succeeded();
    assertThat(again.err()).doesNotContain("trials of learning rates: done");
    assertThat(Measured.run(output).required("learning_rate")).isEqualTo(found);
  }

  @Test
  void withoutHeldOutTextCalibrationTextDecides() {
    Program.succeed(prune(output, AUTO + "--held-out 0 --select last"));
    assertThat(Measured.run(output).at("/learning_rate/chosen").doubleValue()).isPositive();
  }

  @Test
  void whereNothingIsTrainedNothingIsTried() {
    String log = Program.succeed(prune(output, "--learning-rate auto --reconstruct lr")).err();
    assertThat(log).doesNotContain("learning rates");
    assertThat(Measured.run(output).has("learning_rate")).isFalse();
  }

  @Test
  void ablateFindsOneForEachPruning() {
    Path tables = folder.resolve("tables");
    Program.succeed(
        arguments(
            "ablate",
            tables,
            "--learning-rate auto --epochs 1 --methods wanda,magnitude --levels lr,gp --seeds 4"));
    Program.succeed(
        prune(output, "--reconstruct gp --learning-rate auto --epochs 1 --method wanda --seed 4"));

    JsonNode rows = Measured.json(tables.resolve("ablation.json")).required("rows");
    assertThat(rows.get(0).at("/learning_rate/mean").isNull()).isFalse();
    assertThat(rows.get(1).at("/learning_rate/mean").doubleValue())
        .isCloseTo(Measured.run(output).at("/learning_rate/chosen").doubleValue(), within(1e-12));
    assertThat(rows.get(1).at("/error_held_out/mean").doubleValue())
        .isEqualTo(Measured.run(output).required("error_held_out").doubleValue());
  }

  private String[] prune(Path to, String options) {
    return arguments("prune", to, options);
  }

  private String[] arguments(String command, Path to, String options) {
    String[] places = {
      command, "--model", small.model(), "--calibration", small.text(), "--output", to.toString()
    };
    return Program.with(places, Program.words("--samples 32 --sequence-length 32", options));
  }
}
