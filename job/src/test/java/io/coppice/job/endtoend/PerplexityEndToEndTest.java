package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code evaluate} against what an independent PyTorch implementation measures. */
class PerplexityEndToEndTest {
  private static final double PERCENT = 0.2;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "bos,        256, 4.5648, 132270, 516",
    "bos,        512, 4.4917, 132270, 258",
    "blank-line, 256, 4.8359, 133122, 520"
  })
  void aRealModelHasItsKnownPerplexity(
      String join, int length, double perplexity, long tokens, int windows) throws Exception {
    Path results = folder.resolve("results.json");
    Program program =
        Program.succeed(
            Program.words(
                "evaluate --model %s --text %s"
                    .formatted(SharedData.stories(), SharedData.testText()),
                "--join %s --sequence-length %d --output %s".formatted(join, length, results)));

    assertThat(Files.readString(results)).isEqualTo(program.out());
    JsonNode json = new ObjectMapper().readTree(program.out());
    assertThat(json.required("model").textValue()).isEqualTo(SharedData.stories().toString());
    JsonNode result = json.required("perplexity").required("tinystories-test");
    assertThat(result.required("perplexity").doubleValue())
        .isCloseTo(perplexity, Percentage.withPercentage(PERCENT));
    assertThat(result.required("tokens").longValue()).isEqualTo(tokens);
    assertThat(result.required("windows").intValue()).isEqualTo(windows);
  }

  @Test
  void perplexityDoesNotDependOnTheNumberOfTasks() {
    Path model = SmallModel.write(folder.resolve("model"));
    Path text = SmallModel.text(folder.resolve("text.jsonl"), 70, 45);

    double alone = Measured.perplexity("local[1]", model, text, 64);
    double shared = Measured.perplexity("local[3]", model, text, 64);

    assertThat(alone).isBetween(1.0, 1000.0);
    assertThat(shared).isCloseTo(alone, within(0.0));
  }
}
