package io.coppice.job.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.coppice.failure.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextFilesTest {
  @TempDir private Path folder;

  private void write(String... names) {
    Stream.of(names).forEach(name -> TextSamples.write(folder.resolve(name), "{}"));
  }

  /** Finds files, as paths below the folder. */
  private List<String> find(String... locations) {
    return TextFiles.find(
            Stream.of(locations).map(location -> folder + "/" + location).toList(),
            new Configuration())
        .files()
        .stream()
        .map(file -> file.name().replace("file:" + folder + "/", ""))
        .toList();
  }

  private String refusal(String location) {
    UsageException refused = catchThrowableOfType(UsageException.class, () -> find(location));
    assertThat(refused).as(location).isNotNull();
    return refused.getMessage();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          *.jsonl         | a.jsonl b.jsonl c:10:00.jsonl
          ?.jsonl         | a.jsonl b.jsonl
          [a-b].json?     | a.jsonl b.jsonl
          [!a].jsonl      | b.jsonl
          {a,c:*}.jsonl   | a.jsonl c:10:00.jsonl
          {a.jsonl,d/*}   | a.jsonl d/e.txt
          {d,f}/e.txt     | d/e.txt f/e.txt
          */e.txt         | d/e.txt f/e.txt
          d*              | d/e.txt
          c:1*            | c:10:00.jsonl
          _*              | _h.jsonl _s/i.txt
          .*              | .h.jsonl
          [_.]h*          | .h.jsonl _h.jsonl
          {_,x}h.jsonl    | _h.jsonl
          _h.jsonl        | _h.jsonl
          _s              | _s/i.txt
          _s/*            | _s/i.txt
          x[1]/*          | x[1]/{y}.txt
          x[1]/{y}.txt    | x[1]/{y}.txt
          x\\[1\\]/\\{*   | x[1]/{y}.txt
          d/../f          | f/e.txt
          é*              | é ü/字.txt
          """)
  void aLocationIsAFileAFolderOrAGlob(String location, String files) {
    write("a.jsonl", "b.jsonl", "c:10:00.jsonl", "d/e.txt", "f/e.txt", "_h.jsonl", ".h.jsonl");
    write("_s/i.txt", "x[1]/{y}.txt", "é ü/字.txt", "notes.md");

    assertThat(String.join(" ", find(location.replace("\\\\", "\\")))).isEqualTo(files);
  }

  @Test
  void whatExistsUnderAPatternsNameIsThat() {
    write("x*.txt", "x1.txt", "[12]/a.txt", "1/a.txt");

    assertThat(find("x*.txt")).containsExactly("x*.txt");
    assertThat(find("x\\*.txt")).containsExactly("x*.txt");
    assertThat(find("[12]")).containsExactly("[12]/a.txt");
    assertThat(find("[12]/*")).containsExactly("[12]/a.txt");
    assertThat(find("x?.txt")).containsExactly("x*.txt", "x1.txt");
  }

  @Test
  void hiddenAndOtherFilesAreLeftOutAndTold() {
    write("t/a.txt", "t/_b.txt", "t/.c/d.txt", "t/e.md", "t/f/_g.txt", "t/f/h.TXT.GZ");

    assertThat(find("t")).containsExactly("t/a.txt", "t/f/h.TXT.GZ");
    LeftOut leftOut =
        LocationSearch.find(folder.resolve("t").toString(), new Configuration()).leftOut();
    assertThat(leftOut)
        .hasToString(
            ("4 files or folders: file:%1$s/t/.c (hidden: its name begins with _ or .), file:%1$s/t/_b.txt"
                    + " (hidden: its name begins with _ or .), file:%1$s/t/e.md (the ending of its name is"
                    + " no text's), ...")
                .formatted(folder));
  }

  @Test
  void aFileIsReadOnceHoweverOftenItIsNamed() {
    write("a.txt", "b.txt");

    assertThat(find("a.txt", ".", "a*", "{a,b}.txt")).containsExactly("a.txt", "b.txt");
    TextFiles files =
        TextFiles.find(List.of(folder + "/a.txt", folder.toString()), new Configuration());
    assertThat(files.stamp().files()).isEqualTo(2);
  }

  @Test
  void linksAreFollowed() throws IOException {
    write("real/a.txt", "other/b.txt");
    Files.createSymbolicLink(folder.resolve("real/link.txt"), folder.resolve("other/b.txt"));
    Files.createSymbolicLink(folder.resolve("real/sub"), folder.resolve("other"));
    Files.createSymbolicLink(folder.resolve("real/round"), folder.resolve("real"));
    Files.createSymbolicLink(folder.resolve("real/.#lock.txt"), Path.of("nowhere"));

    assertThat(find("real")).containsExactly("real/a.txt", "real/link.txt", "real/sub/b.txt");

    Files.createSymbolicLink(folder.resolve("real/lost.txt"), Path.of("nowhere"));
    assertThat(refusal("real")).contains("real/lost.txt is a link to a file that is not there");
  }

  @Test
  void whatHoldsNoTextIsRefused() throws IOException {
    write("d/README.md", "d/_x.txt", "n.csv");
    Files.createDirectories(folder.resolve("empty"));

    assertThat(refusal("nowhere.txt")).contains("nowhere.txt does not exist");
    assertThat(refusal("no*.txt")).contains("no*.txt does not exist");
    assertThat(refusal("n.csv/a.txt")).contains("does not exist");
    assertThat(refusal("empty")).contains("There is no text file in", "empty: expected .jsonl");
    assertThat(refusal("n.csv")).contains("The format of", "n.csv cannot be told");
    assertThat(refusal("d")).contains("no text file", "2 files or folders", "_x.txt (hidden");
    assertThat(refusal("[a")).contains("/[a does not exist, and is no glob either");
    assertThatThrownBy(() -> TextFiles.find(List.of("s9://bucket/x.txt"), new Configuration()))
        .isInstanceOf(UsageException.class);
  }

  @Test
  void partsCoverEveryFileOnce() {
    TextSamples.write(folder.resolve("a.jsonl"), "x".repeat(1001));
    TextSamples.write(folder.resolve("b.txt"), "x".repeat(1001));
    TextSamples.write(folder.resolve("c.jsonl.gz"), "x".repeat(1001));
    TextSamples.write(folder.resolve("d.jsonl"), "");
    TextFiles files = TextFiles.find(List.of(folder.toString()), new Configuration());

    List<TextPart> parts = TextParts.cut(files, 100);

    assertThat(parts).hasSize(11 + 3);
    for (int i = 1; i < parts.size(); i++) {
      TextPart part = parts.get(i);
      TextPart before = parts.get(i - 1);
      assertThat(part.begin()).isEqualTo(part.file().equals(before.file()) ? before.end() : 0);
      assertThat(part.end() - part.begin()).isIn(0L, 91L, 1001L);
    }
    assertThat(TextParts.tasks(files, 2, new Configuration()).stream().map(TextPart::read))
        .containsExactly(TextParts.cut(files, 5000));
  }
}
