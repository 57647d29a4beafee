package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The lines of a file that {@code generate} wrote; all tests share one run. */
class GeneratedLinesEndToEndTest {
  private static final int SAMPLES = 11;
  private static final int MAX_LENGTH = 24;
  private static final int BEGIN_AND_END = 1;

  @TempDir private static Path folder;
  private static Path model;
  private static List<JsonNode> lines;

  @BeforeAll
  static void generate() {
    model = SmallModel.write(folder.resolve("model"));
    Path output = folder.resolve("texts.jsonl");
    Program.succeed(
        Program.words(
            "generate --model %s --output %s".formatted(model, output),
            "--language any --samples %d --max-length %d".formatted(SAMPLES, MAX_LENGTH)));
    lines = Measured.lines(output);
  }

  @Test
  void eachTextHasALineInTheOrderOfItsIndex() {
    assertThat(lines)
        .extracting(line -> line.path("index").intValue())
        .containsExactlyElementsOf(IntStream.range(0, SAMPLES).boxed().toList());
  }

  @Test
  void aLineNamesTheSeed() {
    assertThat(lines)
        .allMatch(line -> line.path("seed").isNumber() && line.path("seed").asInt() == 0);
  }

  @Test
  void aTextBeginsWithTheBeginTokenAndAnOpeningAfterIt() {
    assertThat(lines)
        .extracting(GeneratedLinesEndToEndTest::tokens)
        .allMatch(tokens -> tokens[0] == BEGIN_AND_END && tokens[1] > BEGIN_AND_END);
  }

  @Test
  void aTextIsLongerThanItsOpeningAndAtMostAsLongAsAsked() {
    assertThat(lines)
        .extracting(GeneratedLinesEndToEndTest::tokens)
        .allSatisfy(tokens -> assertThat(tokens).hasSizeBetween(7, MAX_LENGTH));
  }

  @Test
  void theTextIsWhatItsTokensMean() {
    try (Tokenizer tokenizer =
        Tokenizer.load(new org.apache.hadoop.fs.Path(model.toUri()), new Configuration())) {
      assertThat(lines)
          .allSatisfy(
              line ->
                  assertThat(line.path("text").textValue())
                      .isEqualTo(tokenizer.decode(tokens(line))));
    }
  }

  @Test
  void aLineHasThePerplexityOfItsText() {
    assertThat(lines).allMatch(line -> line.path("perplexity").doubleValue() > 1);
  }

  @Test
  void aTextEndsWithTheEndTokenOrAtItsFullLength() {
    assertThat(lines)
        .allSatisfy(
            line -> {
              int[] tokens = tokens(line);
              boolean ended = tokens[tokens.length - 1] == BEGIN_AND_END;
              assertThat(line.path("finish").textValue()).isEqualTo(ended ? "end" : "length");
              assertThat(ended || tokens.length == MAX_LENGTH).isTrue();
            });
  }

  @Test
  void theWorkFolderIsDeleted() {
    assertThat(folder.resolve(".texts.jsonl.coppice-work")).doesNotExist();
  }

  private static int[] tokens(JsonNode line) {
    return StreamSupport.stream(line.path("tokens").spliterator(), false)
        .mapToInt(JsonNode::intValue)
        .toArray();
  }
}
