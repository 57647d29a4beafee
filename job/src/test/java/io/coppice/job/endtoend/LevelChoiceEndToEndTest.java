package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With little calibration text, held-out text decides how far reconstruction goes. */
class LevelChoiceEndToEndTest {
  private static final int TEST_LENGTH = 256;
  private static final double ONE_PERCENT = 1.01;

  @TempDir private Path folder;

  @Test
  void noSingleLevelIsBetterThanTheChosenOneOnTextThatNobodySaw() throws Exception {
    Map<String, Double> perplexities = new TreeMap<>();
    Map<String, Double> errors = new TreeMap<>();
    for (String level : new String[] {"br", "gp", "cr", "auto"}) {
      prune(level);
      perplexities.put(
          level,
          Measured.perplexity(
              "local[2]", folder.resolve(level), SharedData.testText(), TEST_LENGTH));
      errors.put(level, run(level).required("error_held_out").doubleValue());
    }
    double chosen = perplexities.remove("auto");
    double chosenError = errors.remove("auto");

    assertThat(perplexities.values())
        .as("%s against %s", chosen, perplexities)
        .allSatisfy(single -> assertThat(chosen).isLessThanOrEqualTo(ONE_PERCENT * single));
    assertThat(errors.values())
        .as("%s against %s", chosenError, errors)
        .allSatisfy(single -> assertThat(chosenError).isLessThanOrEqualTo(ONE_PERCENT * single));
    assertThat(run("auto").required("generalisation").required("overfitted").booleanValue())
        .isTrue();
    assertThat(run("auto").required("generalisation").required("message").textValue())
        .contains("overfitted the calibration text")
        .contains("--samples");
    assertThat(run("auto").required("levels"))
        .extracting(level -> level.required("level").textValue())
        .startsWith("br", "gp", "cr");
    for (JsonNode level : run("auto").required("levels")) {
      String name = level.required("level").textValue();
      if (perplexities.containsKey(name)) {
        assertThat(level.required("perplexity_held_out").doubleValue())
            .as("blocks that levels share are pruned as for " + name + " alone")
            .isEqualTo(run(name).required("perplexity_held_out_sparse").doubleValue());
      }
    }
    assertThat(prunedLayers("auto")).isEqualTo(prunedLayers("gp"));
  }

  /** What pruning did to every layer, by block. */
  private Map<Integer, JsonNode> prunedLayers(String level) throws IOException {
    Map<Integer, JsonNode> layers = new TreeMap<>();
    for (String line : Files.readAllLines(folder.resolve(level).resolve("coppice/metrics.jsonl"))) {
      JsonNode json = new ObjectMapper().readTree(line);
      if (json.required("wave").intValue() == 1) {
        layers.put(json.required("block").intValue(), json.required("layers"));
      }
    }
    return layers;
  }

  private void prune(String level) {
    Program.succeed(
        "prune",
        "--model",
        SharedData.stories().toString(),
        "--calibration",
        SharedData.calibrationText().toString(),
        "--output",
        folder.resolve(level).toString(),
        "--samples",
        "16",
        "--sequence-length",
        "128",
        "--learning-rate",
        "1e-3",
        "--epochs",
        "12",
        "--reconstruct",
        level);
  }

  private JsonNode run(String level) throws IOException {
    return new ObjectMapper().readTree(folder.resolve(level).resolve("coppice/run.json").toFile());
  }
}
