package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The dense model writes text to a file, resumably and always the same. */
class GenerateEndToEndTest {
  private static final String WORK = ".texts.jsonl.coppice-work";

  @TempDir private Path folder;
  private Path model;
  private Path output;

  @BeforeEach
  void write() {
    model = SmallModel.write(folder.resolve("model"));
    output = folder.resolve("texts.jsonl");
  }

  @Test
  void everyTextIsALine() throws IOException {
    generate("local[2]", "--samples", "11").succeeded();

    List<JsonNode> lines = lines();
    assertThat(lines).hasSize(11);
    try (Tokenizer tokenizer =
        Tokenizer.load(new org.apache.hadoop.fs.Path(model.toUri()), new Configuration())) {
      for (int i = 0; i < lines.size(); i++) {
        JsonNode line = lines.get(i);
        int[] tokens = tokens(line);
        assertThat(line.path("index").intValue()).isEqualTo(i);
        assertThat(line.path("seed").longValue()).isZero();
        assertThat(tokens[0]).isEqualTo(1);
        assertThat(tokens[1]).isGreaterThan(1);
        assertThat(tokens).hasSizeBetween(7, 24);
        assertThat(line.path("text").textValue()).isEqualTo(tokenizer.decode(tokens));
        assertThat(line.path("perplexity").doubleValue()).isGreaterThan(1);
        boolean ended = tokens[tokens.length - 1] == 1;
        assertThat(line.path("finish").textValue()).isEqualTo(ended ? "end" : "length");
        assertThat(ended || tokens.length == 24).isTrue();
      }
    }
    assertThat(folder.resolve(WORK)).doesNotExist();
  }

  @Test
  void aTextDependsOnSeedAndIndexAlone() throws IOException {
    generate("local[1]", "--samples", "19").succeeded();
    List<String> one = Files.readAllLines(output);

    generate("local[3]", "--samples", "19", "--overwrite").succeeded();
    assertThat(Files.readAllLines(output)).isEqualTo(one);

    generate("local[2]", "--samples", "5", "--overwrite").succeeded();
    assertThat(Files.readAllLines(output)).isEqualTo(one.subList(0, 5));

    generate("local[2]", "--samples", "5", "--seed", "1", "--overwrite").succeeded();
    assertThat(Files.readAllLines(output)).doesNotContainAnyElementsOf(one);
  }

  @Test
  void aRunThatFailedIsGoneOnWith() throws IOException {
    generate("local[1]", "--samples", "20").succeeded();
    List<String> expected = Files.readAllLines(output);
    Files.delete(output);
    Path work = folder.resolve("work");
    String[] options = {"--samples", "20", "--work-dir", work.toString()};

    failToPutTogether(options);
    Files.delete(Folders.finished(work).resolve("texts/group-0000001.jsonl"));

    Program other = generate("local[1]", Program.with(options, "--temperature", "0.5"));
    assertThat(other.exitCode()).isEqualTo(2);
    assertThat(other.sentence())
        .contains(work.toString(), "other settings", "temperature: 0.5, not 1.0", "--restart")
        .doesNotContain("seed:");

    Program resumed = generate("local[2]", options).succeeded();
    assertThat(resumed.err())
        .contains("taken over: 2 of 3 groups of texts", "group 2 of 3")
        .doesNotContain("group 1 of 3");
    assertThat(Files.readAllLines(output)).isEqualTo(expected);
    assertThat(work).doesNotExist();

    Files.delete(output);
    failToPutTogether(options);
    Program anew = generate("local[2]", Program.with(options, "--restart")).succeeded();
    assertThat(anew.err()).contains("group 1 of 3").doesNotContain("taken over");
    assertThat(Files.readAllLines(output)).isEqualTo(expected);
  }

  /** Leaves three groups of texts. */
  private void failToPutTogether(String... options) {
    LimitedFileSystem.refuse("coppice-texts.jsonl-");
    try {
      Program failed = generate("local[1]", options);
      assertThat(failed.sentence()).contains("There is no room left");
    } finally {
      LimitedFileSystem.makeRoom();
    }
    assertThat(output).doesNotExist();
  }

  @Test
  void aPlaceThatCannotBeIsToldBeforeAnythingIsWritten() {
    output = folder.resolve("results/texts.jsonl");
    SmallModel.write(output.getParent(), "a file, where a folder must be");

    Program refused = generate("local[1]", "--samples", "3");

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.sentence()).contains(output.getParent().toString());
    assertThat(refused.err()).doesNotContain("texts of");
  }

  @Test
  void aFolderOfOthersIsNotUsed() {
    SmallModel.write(folder.resolve(WORK).resolve("thesis.txt"), "words");

    Program refused = generate("local[1]", "--samples", "3");

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.sentence()).contains(WORK, "not one of Coppice", "--work-dir");
    assertThat(folder.resolve(WORK).resolve("thesis.txt")).hasContent("words");
  }

  @Test
  void whatIsThereIsNotReplacedUnlessAsked() throws IOException {
    SmallModel.write(output, "mine");

    Program refused = generate("local[1]", "--samples", "3");

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.sentence()).contains("texts.jsonl exists already", "--overwrite");
    assertThat(output).hasContent("mine");
    assertThat(folder.resolve(WORK)).doesNotExist();
    generate("local[1]", "--samples", "3", "--overwrite").succeeded();
    assertThat(lines()).hasSize(3);
  }

  @Test
  void textsOfHighPerplexityAreDropped() throws IOException {
    generate("local[2]", "--samples", "16").succeeded();
    List<JsonNode> all = lines();

    generate("local[2]", "--samples", "12", "--drop-perplexity", "0.25", "--overwrite").succeeded();

    List<JsonNode> expected =
        all.stream()
            .sorted(Comparator.comparingDouble(line -> line.path("perplexity").doubleValue()))
            .limit(12)
            .sorted(Comparator.comparingInt(line -> line.path("index").intValue()))
            .toList();
    assertThat(lines()).isEqualTo(expected);
  }

  @Test
  void beginningsOfRealTextsAreGoneOnWith() throws IOException {
    Path text = SmallModel.text(folder.resolve("text.jsonl"), 30, 20);

    generate("local[2]", "--samples", "10", "--prefixes", text.toString(), "--prefix-tokens", "5")
        .succeeded();

    List<String> documents = documents(text);
    assertThat(lines())
        .hasSize(10)
        .allMatch(line -> line.path("rejected").intValue() == 0)
        .extracting(line -> String.join(" ", List.of(words(line)).subList(0, 4)))
        .allMatch(begin -> documents.stream().anyMatch(document -> document.startsWith(begin)));

    Program tooFew =
        generate(
            "local[2]",
            "--samples",
            "31",
            "--prefixes",
            text.toString(),
            "--prefix-tokens",
            "5",
            "--overwrite");
    assertThat(tooFew.exitCode()).isEqualTo(3);
    assertThat(tooFew.sentence()).contains("31 beginnings of 5 tokens", "30", "--prefix-tokens");
  }

  @Test
  void aRealModelWritesEnglish() throws IOException {
    model = SharedData.stories();

    Program program =
        Program.on(
                "local[2]",
                "generate",
                "--model",
                model.toString(),
                "--output",
                output.toString(),
                "--samples",
                "8",
                "--max-length",
                "200")
            .succeeded();

    assertThat(program.err()).contains("8 texts");
    assertThat(lines())
        .allMatch(line -> line.path("perplexity").doubleValue() < 8)
        .allMatch(line -> line.path("text").textValue().matches("(?s).*\\b(the|was|and|to)\\b.*"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --samples 0                        | --samples must be at least 1, but is 0
          --max-length 6                     | --max-length must be at least 7, but is 6
          --max-length 65                    | --max-length 65 is more than the model's 64 positions
          --temperature 0                    | --temperature must be more than 0 and at most 100, but is 0
          --drop-perplexity 1                | --drop-perplexity must be at least 0 and less than 1, but is 1
          --samples 9000000 --drop-perplexity 0.5 | are 18000000 texts to write
          --language klingon                 | --language klingon is not a language that can be recognised
          --prefix-tokens 5                  | --prefix-tokens goes with --prefixes only
          --prefixes no.txt --prefix-tokens 1 | --prefix-tokens must be at least 2, but is 1
          --prefixes no.txt --prefix-tokens 24 | --prefix-tokens 24 leave nothing to write of --max-length 24
          --prefixes no.txt                  | no.txt
          --languge en                       | Unknown option --languge; the nearest one that generate knows is --language
          """)
  void mistakesAreOneSentenceAndNothingIsWritten(String options, String sentence) {
    Map<String, String> before = Folders.contents(folder);

    Program program = Program.on("local[1]", arguments(options.split(" ")));

    assertThat(program.sentence()).contains(sentence);
    assertThat(program.exitCode()).isEqualTo(2);
    assertThat(Folders.contents(folder)).isEqualTo(before);
  }

  private Program generate(String master, String... more) {
    return Program.on(master, arguments(more));
  }

  /** The usual arguments but for the options that are given. */
  private String[] arguments(String... given) {
    Map<String, String> usual =
        Map.of(
            "--model",
            model.toString(),
            "--output",
            output.toString(),
            "--language",
            "any",
            "--max-length",
            "24");
    return Stream.of(
            Stream.of("generate"),
            usual.entrySet().stream()
                .filter(option -> !List.of(given).contains(option.getKey()))
                .flatMap(option -> Stream.of(option.getKey(), option.getValue())),
            Stream.of(given))
        .flatMap(words -> words)
        .toArray(String[]::new);
  }

  private List<JsonNode> lines() throws IOException {
    ObjectMapper json = new ObjectMapper();
    try (Stream<String> lines = Files.lines(output)) {
      return lines.map(line -> parse(json, line)).toList();
    }
  }

  private static List<String> documents(Path text) throws IOException {
    ObjectMapper json = new ObjectMapper();
    return Files.readAllLines(text).stream()
        .map(line -> parse(json, line).path("text").textValue())
        .toList();
  }

  private static JsonNode parse(ObjectMapper json, String line) {
    try {
      return json.readTree(line);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String[] words(JsonNode line) {
    return line.path("text").textValue().split(" ");
  }

  private static int[] tokens(JsonNode line) {
    int[] tokens = new int[line.path("tokens").size()];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = line.path("tokens").get(i).intValue();
    }
    return tokens;
  }
}
