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
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.parquet.example.data.Group;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code evaluate --task}: from files to results. */
class TasksEndToEndTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  private Path model(String name) {
    Path model = folder.resolve(name);
    return Files.exists(model) ? model : SmallModel.write(model);
  }

  private Program run(String master, String options) {
    return Program.on(master, Program.words("evaluate --model " + model("model"), options));
  }

  private JsonNode evaluate(String master, String options) throws IOException {
    return JSON.readTree(run(master, options).succeeded().out());
  }

  /** Words that the small model's tokenizer knows. */
  private static String words(Random random, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> "w" + (2 + random.nextInt(38)))
        .collect(Collectors.joining(" "));
  }

  private Path plain(String name, int questions) {
    Random random = new Random(4);
    String lines =
        IntStream.range(0, questions)
            .mapToObj(
                i ->
                    "{\"context\":\"%s\",\"choices\":[\"%s\",\"%s\",\"w3\"],\"gold\":%d}\n"
                        .formatted(
                            words(random, 3 + random.nextInt(30)),
                            words(random, 2),
                            words(random, 5),
                            i % 3))
            .collect(Collectors.joining());
    return TextSamples.write(folder.resolve(name), lines);
  }

  private Path pages(String name, int pages) {
    Random random = new Random(5);
    String lines =
        IntStream.range(0, pages)
            .mapToObj(i -> "{\"page\":\"%s\"}\n".formatted(words(random, 1 + random.nextInt(200))))
            .collect(Collectors.joining());
    return TextSamples.write(folder.resolve(name), lines);
  }

  @Test
  void resultsHaveTheHarnesssShape() throws IOException {
    Path output = folder.resolve("results.json");
    JsonNode json =
        evaluate(
            "local[2]",
            "--task cloze=%s --task wikitext=%s --limit 20 --output %s"
                .formatted(plain("cloze.jsonl", 50), pages("pages.jsonl", 7), output));

    assertThat(JSON.readTree(output.toFile())).isEqualTo(json);
    JsonNode cloze = json.required("results").required("cloze");
    assertThat(cloze.required("alias").textValue()).isEqualTo("cloze");
    double accuracy = cloze.required("acc,none").doubleValue();
    assertThat(cloze.required("acc_stderr,none").doubleValue())
        .isCloseTo(Math.sqrt(accuracy * (1 - accuracy) / 19), within(1e-12));
    assertThat(cloze.has("acc_norm,none")).isTrue();
    assertThat(cloze.has("acc_norm_stderr,none")).isTrue();
    JsonNode wiki = json.required("results").required("wikitext");
    assertThat(wiki.required("bits_per_byte,none").doubleValue())
        .isCloseTo(
            Math.log(wiki.required("byte_perplexity,none").doubleValue()) / Math.log(2),
            within(1e-12));
    assertThat(wiki.required("word_perplexity_stderr,none").textValue()).isEqualTo("N/A");
    assertThat(json.at("/n-samples/cloze"))
        .isEqualTo(JSON.readTree("{\"original\":50,\"effective\":20}"));
    assertThat(json.at("/higher_is_better/cloze/acc").booleanValue()).isTrue();
    assertThat(json.at("/higher_is_better/wikitext/bits_per_byte").booleanValue()).isFalse();
    assertThat(json.at("/n-shot/cloze").intValue()).isZero();
    assertThat(json.at("/config/limit").intValue()).isEqualTo(20);
    assertThat(json.at("/tasks/cloze/acc").doubleValue()).isEqualTo(accuracy);
    assertThat(json.at("/tasks/cloze/n").intValue()).isEqualTo(20);
    assertThat(json.required("perplexity")).isEmpty();
  }

  @Test
  void pagesWithoutTextAreSaid() {
    Path empty = TextSamples.write(folder.resolve("empty.jsonl"), "{\"page\":\"\"}\n");
    Program failed = run("local[2]", "--task wikitext=" + empty);

    assertThat(failed.sentence())
        .startsWith("There is no text in the records for task wikitext in ");
    assertThat(failed.exitCode()).isEqualTo(3);
  }

  @Test
  void onlyAnEarlierResultIsReplaced() throws IOException {
    Path task = plain("cloze.jsonl", 2);
    Path output = TextSamples.write(folder.resolve("results.json"), "");
    String options = "--task cloze=%s --output %s";
    run("local[2]", options.formatted(task, output)).succeeded();
    run("local[2]", options.formatted(task, output)).succeeded();

    for (Path other : List.of(model("model").resolve("config.json"), task)) {
      String before = Files.readString(other);
      Program failed = run("local[2]", options.formatted(folder.resolve("cl*.jsonl"), other));
      assertThat(failed.sentence()).contains(other + " exists already and is not a result");
      assertThat(failed.exitCode()).isEqualTo(2);
      assertThat(other).hasContent(before);
    }
  }

  /** Bits a byte are sums over all tokens, which would show the least difference. */
  @Test
  void nothingDependsOnTheNumberOfTasks() throws IOException {
    String options =
        "--task cloze=%s --task wikitext=%s"
            .formatted(plain("cloze.jsonl", 90), pages("pages.jsonl", 60));
    JsonNode alone = evaluate("local[1]", options);

    assertThat(evaluate("local[3]", options)).isEqualTo(alone);
    assertThat(evaluate("local[8]", options)).isEqualTo(alone);
    assertThat(alone.at("/tasks/wikitext/bits_per_byte").doubleValue()).isPositive();
  }

  @Test
  void rowsOfParquetFilesAreRecords() throws IOException {
    List<String> stems = List.of("w2 w3", "w4 w5 w6", "w7");
    Path parquet =
        TextSamples.parquet(
            folder.resolve("test.parquet"),
            ParquetLayout.of(
                """
                message schema {
                  optional binary id (STRING); optional binary question (STRING);
                  optional group choices {
                    optional group text (LIST) { repeated group list { optional binary element (STRING); } }
                    optional group label (LIST) { repeated group list { optional binary element (STRING); } }
                  }
                  optional binary answerKey (STRING);
                }
                """),
            stems,
            TasksEndToEndTest::arc);
    Path lines =
        TextSamples.write(
            folder.resolve("test.jsonl"),
            stems.stream()
                .map(
                    stem ->
                        ("{\"question\":{\"stem\":\"%s\",\"choices\":[{\"text\":\"w8\",\"label\":\"A\"},"
                                + "{\"text\":\"w9 w10\",\"label\":\"B\"}]},\"answerKey\":\"B\"}\n")
                            .formatted(stem))
                .collect(Collectors.joining()));

    JsonNode hub = evaluate("local[2]", "--task arc_easy=" + parquet);

    assertThat(hub.at("/tasks/arc_easy/n").intValue()).isEqualTo(3);
    assertThat(evaluate("local[2]", "--task arc_easy=" + lines)).isEqualTo(hub);
  }

  private static void arc(Group row, String stem) {
    row.append("id", "x").append("question", stem).append("answerKey", "B");
    Group choices = row.addGroup("choices");
    Group texts = choices.addGroup("text");
    Group labels = choices.addGroup("label");
    texts.addGroup("list").append("element", "w8");
    texts.addGroup("list").append("element", "w9 w10");
    labels.addGroup("list").append("element", "A");
    labels.addGroup("list").append("element", "B");
  }

  @Test
  void aModelIsComparedWithAnother() throws IOException {
    Path other = SmallModel.write(folder.resolve("other"));
    Path sparse = folder.resolve("sparse");
    Path text = SmallModel.text(folder.resolve("text.jsonl"), 60, 40);
    Program.succeed(
        Program.words(
            "prune --model %s --calibration %s --output %s".formatted(other, text, sparse),
            "--samples 16 --sequence-length 32 --reconstruct lr --method magnitude"));
    String measured =
        "--task cloze=%s --task wikitext=%s --text %s --sequence-length 32"
            .formatted(plain("cloze.jsonl", 40), pages("pages.jsonl", 9), text);

    JsonNode json = evaluate("local[2]", measured + " --against " + sparse);
    JsonNode back =
        JSON.readTree(
            Program.succeed(
                    Program.words(
                        "evaluate --model %s --against %s".formatted(sparse, model("model")),
                        measured))
                .out());

    assertThat(json.at("/against/model").textValue()).isEqualTo(sparse.toString());
    assertThat(json.at("/against/perplexity")).isEqualTo(back.at("/perplexity"));
    assertThat(json.at("/against/tasks")).isEqualTo(back.at("/tasks"));
    for (String measure :
        List.of(
            "perplexity/text/perplexity",
            "perplexity/text/mean_loss",
            "tasks/cloze/acc",
            "tasks/cloze/acc_norm",
            "tasks/wikitext/bits_per_byte")) {
      double one = json.at("/" + measure).doubleValue();
      double two = json.at("/against/" + measure).doubleValue();
      double difference = json.at("/difference/" + measure).doubleValue();
      assertThat(difference).as(measure).isCloseTo(one - two, within(1e-9));
      assertThat(back.at("/difference/" + measure).doubleValue())
          .as(measure)
          .isCloseTo(-difference, within(1e-9));
      double error = json.at("/difference/" + measure + "_stderr").doubleValue();
      assertThat(error).as(measure).isNotNegative();
      assertThat(back.at("/difference/" + measure + "_stderr").doubleValue())
          .as(measure)
          .isCloseTo(error, within(1e-9));
    }
    assertThat(json.at("/difference/perplexity/text/mean_loss_stderr").doubleValue())
        .as("paired errors are smaller than those of one model")
        .isLessThan(json.at("/perplexity/text/mean_loss_stderr").doubleValue());
  }

  @Test
  void modelsWithOtherTokensAreNotComparedByPerplexity() {
    Path other = SmallModel.write(folder.resolve("other"));
    SmallModel.tokenizer(other, SmallModel.VOCABULARY - 20);
    Path text = SmallModel.text(folder.resolve("text.jsonl"), 60, 40);

    assertThat(run("local[1]", "--text %s --against %s".formatted(text, other)).sentence())
        .contains("have different tokens for text, so their perplexities cannot be compared");
  }

  @Test
  void wrongFilesAreSaidWithTheirPlace() {
    Path cloze = plain("cloze.jsonl", 3);
    Path gold =
        TextSamples.write(
            folder.resolve("gold.jsonl"),
            "{\"query\":\"w2\",\"choices\":[\"w3\",\"w4\"],\"gold\":1}\n"
                + "{\"query\":\"w2\",\"choices\":[\"w3\",\"w4\"],\"gold\":2}\n");
    Path none =
        TextSamples.write(
            folder.resolve("none.jsonl"),
            "{\"query\":\"w2\",\"choices\":[\"w3\",\"\"],\"gold\":1}\n");
    Path text = TextSamples.write(folder.resolve("text.txt"), "w2 w3");
    Path list = TextSamples.write(folder.resolve("list.jsonl"), "[{\"query\":\"w2\"}]\n");
    Path empty = TextSamples.write(folder.resolve("empty.jsonl"), "");
    Path longChoice =
        TextSamples.write(
            folder.resolve("long.jsonl"),
            "{\"query\":\"w2\",\"choices\":[\"%s\"],\"gold\":0}\n".formatted("w3 ".repeat(400)));

    assertSaid(
        "boolq=" + cloze,
        3,
        "Bad text in file:"
            + cloze
            + ", line 1: as a record of task boolq, expected the field 'passage', but found only context, choices, gold.");
    assertSaid(
        "boolqq=" + gold,
        3,
        "Bad text in file:"
            + gold
            + ", line 2: as a record of task boolqq, its right answer is number 2, counted from 0, but there are 2 choices; tasks with files of their own are arc_challenge, ");
    assertSaid(
        "own=" + none,
        3,
        "Record 1 of "
            + none
            + " cannot be asked as task own: its choice ' ' has no tokens of its own after the context.");
    assertSaid(
        "own=" + text,
        3,
        "Bad text in file:"
            + text
            + ": it is plain text, but records were expected: JSON lines (.jsonl) or Parquet.");
    assertSaid("own=" + list, 3, "expected one JSON object a line, but found a list");
    assertSaid(
        "own=" + empty,
        3,
        "There are no records for task own in " + empty + "; give a file with at least one");
    assertSaid("own=" + longChoice, 3, "has 400 tokens, more than the model's ");
    assertSaid(
        "own", 2, "--task must be NAME=FILE, such as boolq=boolq/validation.jsonl, but is own");
    assertSaid("own=" + cloze + " --task own=" + gold, 2, "--task own is given twice");
  }

  private void assertSaid(String task, int exitCode, String sentence) {
    Program program = run("local[1]", "--task " + task);
    assertThat(program.exitCode()).as(program.err()).isEqualTo(exitCode);
    assertThat(program.sentence()).contains(sentence);
  }

  @Test
  void contextsLongerThanTheModelAreCounted() throws IOException {
    Path file =
        TextSamples.write(
            folder.resolve("long.jsonl"),
            "{\"query\":\"%s\",\"choices\":[\"w3\",\"w4\"],\"gold\":1}\n"
                    .formatted("w2 ".repeat(500))
                + "{\"query\":\"w2\",\"choices\":[\"w3\",\"w4\"],\"gold\":1}\n");
    try (Warnings warnings = Warnings.of("io.coppice.job.evaluation.EvaluationTasks")) {
      JsonNode json = evaluate("local[1]", "--task own=" + file);

      assertThat(json.at("/tasks/own/truncated").intValue()).isEqualTo(1);
      assertThat(warnings.lines())
          .singleElement()
          .asString()
          .contains("Of task own, 1 of 2 records are longer than the ");
    }
  }
}
