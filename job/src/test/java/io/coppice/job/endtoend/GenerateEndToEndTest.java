package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
  void aTextDependsOnSeedAndIndexAlone() throws IOException {
    generate("local[1]", "--samples 19").succeeded();
    List<String> one = Files.readAllLines(output);

    generate("local[3]", "--samples 19 --overwrite").succeeded();
    assertThat(Files.readAllLines(output)).isEqualTo(one);

    generate("local[2]", "--samples 5 --overwrite").succeeded();
    assertThat(Files.readAllLines(output)).isEqualTo(one.subList(0, 5));

    generate("local[2]", "--samples 5 --seed 1 --overwrite").succeeded();
    assertThat(Files.readAllLines(output)).doesNotContainAnyElementsOf(one);
  }

  @Test
  void aRunThatFailedIsGoneOnWith() throws IOException {
    List<String> expected = twenty();
    failToPutTogether();
    Files.delete(Folders.finished(folder.resolve(WORK)).resolve("texts/group-0000001.jsonl"));

    Program resumed = generate("local[2]", "--samples 20").succeeded();

    assertThat(resumed.err())
        .contains("taken over: 2 of 3 groups of texts", "group 2 of 3")
        .doesNotContain("group 1 of 3");
    assertThat(Files.readAllLines(output)).isEqualTo(expected);
    assertThat(folder.resolve(WORK)).doesNotExist();
  }

  @Test
  void aRunWithOtherOptionsIsRefused() {
    failToPutTogether();

    Program other = generate("local[1]", "--samples 20 --temperature 0.5");

    assertThat(other.exitCode()).isEqualTo(2);
    assertThat(other.sentence())
        .contains(WORK, "other settings", "temperature: 0.5, not 1.0", "--restart")
        .doesNotContain("seed:");
  }

  @Test
  void aRestartTakesNothingOver() throws IOException {
    List<String> expected = twenty();
    failToPutTogether();

    Program anew = generate("local[2]", "--samples 20 --restart").succeeded();

    assertThat(anew.err()).contains("group 1 of 3").doesNotContain("taken over");
    assertThat(Files.readAllLines(output)).isEqualTo(expected);
  }

  /** The texts of a run that nothing disturbs; the file is deleted. */
  private List<String> twenty() throws IOException {
    generate("local[1]", "--samples 20").succeeded();
    List<String> lines = Files.readAllLines(output);
    Files.delete(output);
    return lines;
  }

  /** Leaves three groups of texts. */
  private void failToPutTogether() {
    LimitedFileSystem.refuse("coppice-texts.jsonl-");
    try {
      Program failed = generate("local[1]", "--samples 20");
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

    Program refused = generate("local[1]", "--samples 3");

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.sentence()).contains(output.getParent().toString());
    assertThat(refused.err()).doesNotContain("texts of");
  }

  @Test
  void aFolderOfOthersIsNotUsed() {
    SmallModel.write(folder.resolve(WORK).resolve("thesis.txt"), "words");

    Program refused = generate("local[1]", "--samples 3");

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.sentence()).contains(WORK, "not one of Coppice", "--work-dir");
    assertThat(folder.resolve(WORK).resolve("thesis.txt")).hasContent("words");
  }

  @Test
  void whatIsThereIsNotReplacedUnlessAsked() {
    SmallModel.write(output, "mine");

    Program refused = generate("local[1]", "--samples 3");

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.sentence()).contains("texts.jsonl exists already", "--overwrite");
    assertThat(output).hasContent("mine");
    assertThat(folder.resolve(WORK)).doesNotExist();
    generate("local[1]", "--samples 3 --overwrite").succeeded();
    assertThat(lines()).hasSize(3);
  }

  @Test
  void textsOfHighPerplexityAreDropped() {
    generate("local[2]", "--samples 16").succeeded();
    List<JsonNode> all = lines();

    generate("local[2]", "--samples 12 --drop-perplexity 0.25 --overwrite").succeeded();

    List<JsonNode> expected =
        all.stream()
            .sorted(Comparator.comparingDouble(line -> line.path("perplexity").doubleValue()))
            .limit(12)
            .sorted(Comparator.comparingInt(line -> line.path("index").intValue()))
            .toList();
    assertThat(lines()).isEqualTo(expected);
  }

  @Test
  void beginningsOfRealTextsAreGoneOnWith() {
    Path text = SmallModel.text(folder.resolve("text.jsonl"), 30, 20);

    generate("local[2]", "--samples 10 --prefix-tokens 5 --prefixes " + text).succeeded();

    List<String> documents = documents(text);
    assertThat(lines())
        .hasSize(10)
        .allMatch(line -> line.path("rejected").intValue() == 0)
        .extracting(line -> String.join(" ", List.of(words(line)).subList(0, 4)))
        .allMatch(begin -> documents.stream().anyMatch(document -> document.startsWith(begin)));
  }

  @Test
  void tooFewBeginningsAreRefused() {
    Path text = SmallModel.text(folder.resolve("text.jsonl"), 30, 20);

    Program tooFew = generate("local[2]", "--samples 31 --prefix-tokens 5 --prefixes " + text);

    assertThat(tooFew.exitCode()).isEqualTo(3);
    assertThat(tooFew.sentence()).contains("31 beginnings of 5 tokens", "30", "--prefix-tokens");
  }

  @Test
  void aRealModelWritesEnglish() {
    model = SharedData.stories();

    Program program =
        generate("local[2]", "--samples 8 --max-length 200 --language en").succeeded();

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

    Program program = Program.on("local[1]", arguments(options));

    assertThat(program.sentence()).contains(sentence);
    assertThat(program.exitCode()).isEqualTo(2);
    assertThat(Folders.contents(folder)).isEqualTo(before);
  }

  private Program generate(String master, String options) {
    return Program.on(master, arguments(options));
  }

  /** The usual arguments, except options that are given. */
  private String[] arguments(String options) {
    String usual =
        Stream.of("--language any", "--max-length 24")
            .filter(option -> !options.contains(option.split(" ")[0]))
            .collect(Collectors.joining(" "));
    return Program.words("generate --model " + model + " --output " + output, usual, options);
  }

  private List<JsonNode> lines() {
    return Measured.lines(output);
  }

  private static List<String> documents(Path text) {
    return Measured.lines(text).stream().map(line -> line.path("text").textValue()).toList();
  }

  private static String[] words(JsonNode line) {
    return line.path("text").textValue().split(" ");
  }
}
