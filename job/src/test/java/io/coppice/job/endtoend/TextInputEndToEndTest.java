package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.job.text.TextSamples;
import io.coppice.job.text.TextSamples.ParquetLayout;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The same text in files of all kinds and names gives the same result, or one sentence. */
class TextInputEndToEndTest {
  @TempDir private Path folder;

  private Path model;
  private List<String> texts;

  @BeforeEach
  void write() throws IOException {
    model = SmallModel.write(folder.resolve("model"));
    Path text = SmallModel.text(folder.resolve("same.jsonl"), 40, 20);
    texts =
        Files.readAllLines(text).stream()
            .map(line -> line.replaceAll("^\\{\"text\":\"|\"}$", ""))
            .toList();
  }

  private Program evaluate(String text, String... more) {
    return Program.run(
        Program.with(
            new String[] {
              "evaluate", "--model", model.toString(), "--sequence-length", "32", "--text", text
            },
            more));
  }

  private JsonNode result(Program program) throws IOException {
    return new ObjectMapper()
        .readTree(program.succeeded().out())
        .path("perplexity")
        .elements()
        .next();
  }

  private static String lines(List<String> texts, String more) {
    return texts.stream()
        .map(text -> "{\"text\":\"%s\"%s}\n".formatted(text, more))
        .collect(Collectors.joining());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Writes all texts somehow. */
  private interface Written {
    void to(Path folder, List<String> texts) throws IOException;
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Case(String name, Written written, String location, int files, String... more) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> sameTexts() {
    return Stream.of(
        new Case(
            "Parquet beside columns of every kind",
            (folder, texts) ->
                TextSamples.parquet(
                    folder.resolve("a.parquet"),
                    ParquetLayout.of(
                        """
                        message m {
                          optional boolean flag; optional float score; required int32 small (INTEGER(8, true));
                          optional int64 time (TIMESTAMP(MICROS, true)); optional binary raw;
                          optional group tags (LIST) { repeated group list { optional binary element (STRING); } }
                          optional binary Text (STRING); optional binary text (STRING);
                        }
                        """),
                    texts,
                    (row, text) -> {
                      row.append("flag", true).append("small", 1).append("time", 1L);
                      row.append("Text", "w3").append("text", text);
                      row.addGroup("tags").addGroup("list").append("element", "x");
                    }),
            "a.parquet",
            1),
        new Case(
            "Parquet by another column",
            (folder, texts) ->
                TextSamples.parquet(
                    folder.resolve("chat.parquet"),
                    ParquetLayout.of(
                        """
                        message m {
                          optional group messages (LIST) { repeated group list { optional group element {
                            optional binary content (STRING); } } }
                          required binary prompt (STRING);
                        }
                        """),
                    texts,
                    (row, text) -> {
                      row.append("prompt", text);
                      row.addGroup("messages").addGroup("list").addGroup("element");
                    }),
            "chat.parquet",
            1,
            "--text-field",
            "prompt"),
        new Case(
            "names beyond ASCII",
            (folder, texts) -> {
              TextSamples.write(folder.resolve("l/a.jsonl"), lines(texts.subList(0, 20), ""));
              TextSamples.write(folder.resolve("l/é-b.jsonl"), lines(texts.subList(20, 40), ""));
            },
            "l",
            2),
        new Case(
            "a hidden file that is named",
            (folder, texts) -> TextSamples.write(folder.resolve("_b.jsonl"), lines(texts, "")),
            "_b.jsonl",
            1),
        new Case(
            "colons, by folder",
            (folder, texts) ->
                TextSamples.write(folder.resolve("c/c4_10:00:00.jsonl"), lines(texts, "")),
            "c",
            1),
        new Case(
            "colons, by glob",
            (folder, texts) ->
                TextSamples.write(folder.resolve("d:1/c4_10:00:00.jsonl"), lines(texts, "")),
            "d*/*.jsonl",
            1),
        new Case(
            "NaN beside the text",
            (folder, texts) ->
                TextSamples.write(
                    folder.resolve("nan.jsonl"), lines(texts, ",\"s\":NaN,\"t\":[-Infinity]")),
            "nan.jsonl",
            1),
        new Case(
            "members of gzip and zeros after them",
            (folder, texts) ->
                TextSamples.write(
                    folder.resolve("PADDED.JSONL.GZ"),
                    TextSamples.concatenate(
                        TextSamples.gzip(lines(texts.subList(0, 10), "")),
                        TextSamples.gzip(lines(texts.subList(10, 40), "")),
                        new byte[512])),
            "PADDED.JSONL.GZ",
            1),
        new Case(
            "an old checksum file",
            (folder, texts) -> {
              TextSamples.write(folder.resolve("crc/text.jsonl"), lines(texts, ""));
              TextSamples.write(
                  folder.resolve("crc/.text.jsonl.crc"),
                  TextSamples.concatenate(bytes("crc\0\0\0\2\0"), new byte[160]));
            },
            "crc/text.jsonl",
            1),
        new Case(
            "a byte order mark and line ends of Windows",
            (folder, texts) ->
                TextSamples.write(
                    folder.resolve("w.jsonl"),
                    "\ufeff" + lines(texts, "").replace("\n", "\r\n\r\n")),
            "w.jsonl",
            1));
  }

  @ParameterizedTest
  @MethodSource("sameTexts")
  void theSameTextGivesTheSamePerplexity(Case given) throws IOException {
    given.written().to(folder, texts);
    JsonNode expected = result(evaluate(folder.resolve("same.jsonl").toString()));
    assertThat(expected.path("documents").intValue()).isEqualTo(40);
    assertThat(expected.path("files").intValue()).isEqualTo(1);

    JsonNode result = result(evaluate(folder.resolve(given.location()).toString(), given.more()));

    for (String figure : List.of("perplexity", "tokens", "windows", "documents")) {
      assertThat(result.path(figure)).as(figure).isEqualTo(expected.path(figure));
    }
    assertThat(result.path("files").intValue()).isEqualTo(given.files());
  }

  /** Writes something wrong, of which the sentence says these words. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Mistake(String location, byte[] content, String... words) {
    @Override
    public String toString() {
      return words[0];
    }
  }

  static Stream<Mistake> mistakes() {
    String good = "{\"text\":\"w3 w4\"}\n";
    String pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n";
    return Stream.of(
        new Mistake("a.jsonl", bytes(pointer), "Git LFS pointer", "git lfs pull"),
        new Mistake("a.txt.gz", TextSamples.gzip(pointer), "Git LFS pointer", "git lfs pull"),
        new Mistake("a.parquet", bytes(pointer), "Git LFS pointer", "git lfs pull"),
        new Mistake("a.parquet", bytes(good), "it is not a Parquet file"),
        new Mistake("a.jsonl", bytes(good + "{\"text\":\"a\" 1}\n"), "line 2: not valid JSON near"),
        new Mistake("a.json", bytes("[\n" + good + "]\n"), "line 1", "jq -c '.[]' FILE"),
        new Mistake("a.jsonl", TextSamples.gzip(good), "it is a gzip file", ".gz"),
        new Mistake("a.jsonl.gz", bytes(good), "it is not a gzip file"),
        new Mistake(
            "a.jsonl.gz",
            TextSamples.concatenate(TextSamples.gzip(good), bytes("x")),
            "something else after the end"),
        new Mistake("a.jsonl", good.getBytes(StandardCharsets.UTF_16LE), "UTF-16"));
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void aMistakeIsOneSentence(Mistake mistake) {
    Path file = TextSamples.write(folder.resolve(mistake.location()), mistake.content());

    Program evaluated = evaluate(file.toString());

    assertThat(evaluated.exitCode()).isEqualTo(3);
    assertThat(evaluated.sentence())
        .startsWith("Bad text in file:" + file)
        .contains(mistake.words())
        .doesNotContain("Exception", "org.apache", "jackson", "Kryo");
  }

  @Test
  void pruningReadsAllThatIsNamedAndSaysHowMuch() throws IOException {
    Path one = TextSamples.write(folder.resolve("u/part-a.jsonl"), lines(texts.subList(0, 15), ""));
    Path two =
        TextSamples.write(folder.resolve("u/_part-b.jsonl"), lines(texts.subList(15, 40), ""));
    JsonNode all = prune("all", folder.resolve("same.jsonl"));
    JsonNode parts = prune("parts", one, two);

    assertThat(parts.path("windows_sha256")).isEqualTo(all.path("windows_sha256"));
    assertThat(parts.path("inputs").path("documents").intValue()).isEqualTo(40);
    assertThat(parts.path("inputs").path("files of the text").textValue()).startsWith("2 files");
    assertThat(prune("one", folder.resolve("u")).path("inputs").path("documents").intValue())
        .isEqualTo(15);
    Program again = Program.run(Program.with(arguments("parts", one, two), "--skip-finished"));
    assertThat(again.succeeded().err()).doesNotContain("is not what this command would make");
  }

  private String[] arguments(String output, Path... calibration) {
    return Stream.concat(
            Stream.of(
                "prune",
                "--model",
                model.toString(),
                "--output",
                folder.resolve("out-" + output).toString(),
                "--samples",
                "6",
                "--sequence-length",
                "16",
                "--reconstruct",
                "lr",
                "--held-out",
                "0.5"),
            Stream.of(calibration).flatMap(path -> Stream.of("--calibration", path.toString())))
        .toArray(String[]::new);
  }

  private JsonNode prune(String output, Path... calibration) throws IOException {
    Program.succeed(arguments(output, calibration));
    return new ObjectMapper()
        .readTree(folder.resolve("out-" + output).resolve("coppice/run.json").toFile());
  }

  /** Files that other programs wrote, with what an independent implementation measures on them. */
  @ParameterizedTest
  @MethodSource("publishedParquet")
  void filesOfOtherProgramsAreRead(String name, double perplexity, String field) throws Exception {
    model = SharedData.stories();
    Program program =
        Program.run(
            "evaluate",
            "--model",
            model.toString(),
            "--sequence-length",
            "64",
            "--text",
            SharedData.parquet(name).toString(),
            "--text-field",
            field);
    assertThat(result(program).path("perplexity").doubleValue())
        .isCloseTo(perplexity, within(5e-6));
  }

  static Stream<Arguments> publishedParquet() {
    return Stream.of("bool.parquet:text", "beside-list.parquet:text", "chat.parquet:prompt")
        .map(entry -> entry.split(":"))
        .map(entry -> Arguments.of(entry[0], 7.348566, entry[1]));
  }
}
