package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** With little calibration text, held-out text decides how far reconstruction goes. */
class LevelChoiceEndToEndTest {
  private static final int TEST_LENGTH = 256;
  private static final double ONE_PERCENT = 1.01;

  @TempDir private static Path folder;

  @BeforeAll
  static void pruneAtEveryLevelAndByChoice() {
    for (String level : new String[] {"br", "gp", "cr", "best", "auto"}) {
      Program.succeed(
          Program.words(
              "prune --model " + SharedData.stories(),
              "--calibration " + SharedData.calibrationText(),
              "--output " + folder.resolve(level),
              "--samples 16 --sequence-length 128 --learning-rate 1e-3 --epochs 12",
              "--reconstruct " + level));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"br", "gp", "cr", "best"})
  void noSingleLevelIsBetterThanTheChosenOneOnTextThatNobodySaw(String level) {
    assertThat(testPerplexity("auto")).isLessThanOrEqualTo(ONE_PERCENT * testPerplexity(level));
  }

  @ParameterizedTest
  @ValueSource(strings = {"br", "gp", "cr", "best"})
  void noSingleLevelHasALowerPerplexityOnHeldOutText(String level) {
    assertThat(number(run("auto"), "perplexity_held_out_sparse"))
        .isLessThanOrEqualTo(number(run(level), "perplexity_held_out_sparse"));
  }

  @Test
  void thatItOverfittedIsToldWithARemedy() {
    JsonNode generalisation = run("gp").required("generalisation");
    assertThat(generalisation.required("overfitted").booleanValue()).isTrue();
    assertThat(generalisation.required("message").textValue())
        .contains("overfitted the calibration text")
        .contains("--samples");
  }

  @Test
  void theRecordHasAllLevelsThatItComparedInTheirOrder() {
    assertThat(run("auto").required("levels"))
        .extracting(level -> level.required("level").textValue())
        .startsWith("br", "gp", "cr", "best");
  }

  /** So blocks that levels share are pruned as for one alone. */
  @ParameterizedTest
  @ValueSource(strings = {"br", "gp", "cr", "best"})
  void aComparedLevelIsThatOfARunOfItsOwn(String name) {
    assertThat(run("auto").required("levels"))
        .filteredOn(level -> level.required("level").textValue().equals(name))
        .isNotEmpty()
        .allSatisfy(
            level ->
                assertThat(number(level, "perplexity_held_out"))
                    .isEqualTo(number(run(name), "perplexity_held_out_sparse")));
  }

  @Test
  void itsLayersArePrunedAsForOneLevelAlone() {
    List<JsonNode> chosen = firstWave("auto");
    assertThat(chosen).isNotEmpty();
    for (JsonNode line : chosen) {
      assertThat(firstWave(line.required("level").textValue()))
          .filteredOn(other -> other.required("block").equals(line.required("block")))
          .extracting(other -> other.required("layers"))
          .containsExactly(line.required("layers"));
    }
  }

  private static double testPerplexity(String level) {
    return Measured.perplexity(
        "local[2]", folder.resolve(level), SharedData.testText(), TEST_LENGTH);
  }

  private static List<JsonNode> firstWave(String level) {
    return Measured.metrics(folder.resolve(level)).stream()
        .filter(line -> line.required("wave").intValue() == 1)
        .toList();
  }

  private static double number(JsonNode node, String key) {
    return node.required(key).doubleValue();
  }

  private static JsonNode run(String level) {
    return Measured.run(folder.resolve(level));
  }
}
