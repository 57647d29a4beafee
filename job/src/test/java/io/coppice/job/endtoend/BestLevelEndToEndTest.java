package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The level that is Coppice's own, by the whole program. */
class BestLevelEndToEndTest {
  @TempDir private Path folder;

  /** It bundles parts that can be asked for one by one, and gives the same bytes as these. */
  @ParameterizedTest
  @CsvSource({
    "--schedule waves --waves 2, --masks at-once, --masks at-once",
    "--schedule sequential, --masks gradual, --masks gradual",
    "--pattern 2:4 --schedule waves --waves 2, --masks gradual, --masks gradual",
    "--method wanda --masks-end 0.3 --schedule parallel, --masks gradual, --masks gradual"
  })
  void itsPartsMakeTheSameModel(String options, String own, String masks) {
    SmallRun small = SmallRun.write(folder);
    String training = "--epochs 2 " + options;
    Path best = folder.resolve("best");
    Path parts = folder.resolve("parts");

    Program.succeed(small.prune(best, "%s --reconstruct best %s".formatted(training, own)));
    Program.succeed(
        small.prune(
            parts,
            "%s --reconstruct cr %s --last-block kl --metric fisher".formatted(training, masks)));

    assertThat(Folders.withoutCard(Folders.checkpoint(best)))
        .isEqualTo(Folders.withoutCard(Folders.checkpoint(parts)));
    assertThat(Measured.metrics(best))
        .extracting(line -> line.required("level").textValue())
        .containsOnly("best");
  }

  /** Beside other levels it has masks of its own, once, whatever kinds these have. */
  @Test
  void ablateMeasuresItOnce() {
    SmallRun small = SmallRun.write(folder);
    Path output = folder.resolve("ablation");
    Program.succeed(
        small.ablate(
            output,
            "--epochs 1 --methods wanda --patterns unstructured,2:4 --masks"
                + " at-once,gradual --levels gp,best --overrides *.v_proj.*=0.25"));

    JsonNode rows = Measured.json(output.resolve("ablation.json")).required("rows");
    assertThat(rows)
        .extracting(
            row -> row.required("pattern").textValue(),
            row -> row.required("masks").textValue(),
            row -> row.required("level").textValue())
        .containsExactly(
            tuple("unstructured", "at-once", "gp"),
            tuple("unstructured", "auto", "best"),
            tuple("unstructured", "gradual", "gp"),
            tuple("2:4", "at-once", "gp"),
            tuple("2:4", "auto", "best"),
            tuple("2:4", "gradual", "gp"));
  }
}
