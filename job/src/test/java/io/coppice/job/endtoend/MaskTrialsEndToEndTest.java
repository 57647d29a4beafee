package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Masks that are found by trials, by the whole program. */
class MaskTrialsEndToEndTest {
  @TempDir private Path folder;
  private SmallRun small;
  private Path output;

  @BeforeEach
  void write() {
    small = SmallRun.write(folder);
    output = folder.resolve("sparse");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--epochs 4 --waves 2",
        "--epochs 2 --schedule parallel --masks-start 0.49 --masks-end 0",
        "--epochs 2 --reconstruct gp --masks auto",
        "--epochs 2 --held-out 0 --select last --schedule sequential"
      })
  void masksThatShrinkAreTakenIfTheyAreBetterByAMargin(String options) {
    Program.succeed(small.prune(output, options));

    JsonNode found = Measured.run(output).required("masks");
    assertThat(found.required("trials"))
        .extracting(trial -> trial.required("masks").textValue())
        .containsExactly("at-once", "gradual");
    double atOnce = found.at("/trials/0/loss").doubleValue();
    double gradual = found.at("/trials/1/loss").doubleValue();
    String best = gradual < 0.97 * atOnce ? "gradual" : "at-once";
    assertThat(gradual).isNotEqualTo(atOnce);
    assertThat(found.required("chosen").textValue()).isEqualTo(best);
    assertThat(output.resolve("README.md")).content().contains("| masks | `" + best + "` |");

    Path same = folder.resolve("same");
    String given = best.equals("at-once") ? options.replaceAll("--masks-\\S+ \\S+", "") : options;
    Program.succeed(small.prune(same, given.replace("--masks auto", "") + " --masks " + best));
    assertThat(Folders.withoutCard(Folders.checkpoint(output)))
        .isEqualTo(Folders.withoutCard(Folders.checkpoint(same)));
    assertThat(Measured.run(same).has("masks")).isFalse();
  }

  /** Though other levels have masks at once, and a last block of the same kind. */
  @Test
  void theyAreTriedAtTheLevelThatTheyAreFor() {
    Program.succeed(small.prune(output, "--epochs 2 --waves 1 --reconstruct auto --last-block kl"));
    JsonNode trials = Measured.run(output).at("/masks/trials");
    assertThat(trials.at("/0/loss").doubleValue()).isNotEqualTo(trials.at("/1/loss").doubleValue());
  }

  @Test
  void theSameIsFoundOnAnyNumberOfCoresAndAgain() {
    String options = "--epochs 2 --waves 2 --keep-work";
    Program.on("local[1]", small.prune(output, options)).succeeded();
    Path other = folder.resolve("other");
    Program.on("local[3]", small.prune(other, options)).succeeded();

    assertThat(Folders.checkpoint(other)).isEqualTo(Folders.checkpoint(output));
    JsonNode found = Measured.run(output).required("masks");
    assertThat(Measured.run(other).required("masks")).isEqualTo(found);

    // Another start takes over what was found.
    Program again = Program.run(small.prune(output, options + " --overwrite"));
    again.succeeded();
    assertThat(again.err()).doesNotContain("trials of masks: done");
    assertThat(Measured.run(output).required("masks")).isEqualTo(found);
  }

  @Test
  void ablateFindsThemForEachSeed() {
    Path tables = folder.resolve("tables");
    Program.succeed(
        small.ablate(tables, "--epochs 2 --waves 2 --methods wanda --levels gp,best --seeds 4,5"));
    Program.succeed(small.prune(output, "--epochs 2 --waves 2 --method wanda --seed 4"));

    JsonNode rows = Measured.json(tables.resolve("ablation.json")).required("rows");
    assertThat(rows.get(0).required("masks").textValue()).isEqualTo("at-once");
    assertThat(rows.get(0).has("masks_chosen")).isFalse();
    assertThat(rows.get(1).required("masks").textValue()).isEqualTo("auto");
    assertThat(rows.get(1).required("masks_chosen").required("4").textValue())
        .isEqualTo(Measured.run(output).at("/masks/chosen").textValue());
    assertThat(rows.get(1).required("masks_chosen").has("5")).isTrue();
    assertThat(rows.get(1).at("/error_held_out/seeds/4").doubleValue())
        .isEqualTo(Measured.run(output).required("error_held_out").doubleValue());
  }
}
