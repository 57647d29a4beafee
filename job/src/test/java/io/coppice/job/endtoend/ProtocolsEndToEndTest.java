package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.job.text.TextSamples;
import io.coppice.job.text.TextSamples.ParquetLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code evaluate --protocol}: the same windows from each form in which a text is published. */
class ProtocolsEndToEndTest {
  @TempDir private Path folder;

  private JsonNode evaluate(String master, Path text, String options) throws IOException {
    Path model = folder.resolve("model");
    if (!Files.exists(model)) {
      SmallModel.write(model);
    }
    Program program =
        Program.on(
                master,
                Program.words(
                    "evaluate --model %s --text %s --sequence-length 64".formatted(model, text),
                    options))
            .succeeded();
    return new ObjectMapper().readTree(program.out()).required("perplexity").elements().next();
  }

  private static List<String> sentences(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> "w" + (2 + i % 30) + " w" + (2 + i * i % 37) + " w" + (3 + i % 11))
        .toList();
  }

  @Test
  void wikiTextIsTheSameFromItsFileAndFromTheHub() throws IOException {
    List<String> rows = new ArrayList<>();
    StringBuilder file = new StringBuilder();
    for (String sentence : sentences(300)) {
      rows.add("");
      rows.add(" " + sentence + " \n");
      file.append(" \n ").append(sentence).append(" \n");
    }
    Path plain = TextSamples.write(folder.resolve("wiki.test.raw"), file.toString());
    Path parquet = TextSamples.parquet(folder.resolve("test-00000-of-00001.parquet"), rows);

    JsonNode one = evaluate("local[2]", plain, "--protocol wikitext2");
    JsonNode two = evaluate("local[2]", parquet, "--protocol wikitext2");

    assertThat(one.required("protocol").textValue()).isEqualTo("wikitext2");
    assertThat(one.required("documents").intValue()).isEqualTo(600);
    assertThat(one.required("tokens").intValue()).isEqualTo(901);
    assertThat(one.required("windows").intValue()).isEqualTo(14);
    assertThat(one.required("dropped_tokens").intValue()).isEqualTo(901 - 14 * 64);
    assertThat(two).isEqualTo(one);
  }

  @Test
  void pennTreebankIsTheSameFromItsFileAndFromTheHub() throws IOException {
    List<String> sentences = sentences(100);
    Path plain =
        TextSamples.write(
            folder.resolve("ptb.test.txt"), " " + String.join(" \n ", sentences) + " \n");
    Path parquet =
        TextSamples.parquet(
            folder.resolve("test.parquet"),
            ParquetLayout.of("message m { optional binary sentence (STRING); }"),
            sentences,
            (row, text) -> row.append("sentence", text));
    Path lines =
        TextSamples.write(
            folder.resolve("test.jsonl"),
            String.join(
                "", sentences.stream().map("{\"sentence\": \"%s\"}\n"::formatted).toList()));

    JsonNode one = evaluate("local[2]", plain, "--protocol ptb");

    assertThat(one.required("documents").intValue()).isEqualTo(100);
    assertThat(evaluate("local[2]", parquet, "--protocol ptb")).isEqualTo(one);
    assertThat(evaluate("local[2]", lines, "--protocol ptb")).isEqualTo(one);
  }

  @Test
  void ofC4TheFirstDocumentsAndWindowsAreMeasured() throws IOException {
    Path all = SmallModel.text(folder.resolve("all.jsonl"), 1200, 45);
    Path first =
        SmallModel.write(
            folder.resolve("first.jsonl"),
            String.join("\n", Files.readAllLines(all).subList(0, 365)));

    JsonNode c4 = evaluate("local[2]", all, "--protocol c4");

    assertThat(c4.required("documents").intValue()).isEqualTo(1100);
    assertThat(c4.required("tokens").intValue()).isEqualTo(1 + 1100 * 45);
    assertThat(c4.required("windows").intValue()).isEqualTo(256);
    assertThat(c4.required("dropped_tokens").intValue()).isEqualTo(1 + 1100 * 45 - 256 * 64);
    JsonNode stream = evaluate("local[2]", first, "--join space");
    assertThat(stream.required("windows").intValue()).isEqualTo(256);
    assertThat(c4.required("perplexity").doubleValue())
        .isCloseTo(stream.required("perplexity").doubleValue(), within(0.0));
  }

  @Test
  void nothingDependsOnTheNumberOfTasks() throws IOException {
    Path text = SmallModel.text(folder.resolve("text.jsonl"), 70, 45);

    JsonNode alone = evaluate("local[1]", text, "--protocol c4");

    assertThat(evaluate("local[3]", text, "--protocol c4")).isEqualTo(alone);
    assertThat(evaluate("local[7]", text, "--protocol c4")).isEqualTo(alone);
    double perplexity = alone.required("perplexity").doubleValue();
    assertThat(alone.required("mean_loss").doubleValue())
        .isCloseTo(Math.log(perplexity), within(1e-12));
    assertThat(alone.required("perplexity_stderr").doubleValue())
        .isCloseTo(perplexity * alone.required("mean_loss_stderr").doubleValue(), within(1e-12))
        .isPositive();
  }
}
