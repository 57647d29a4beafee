package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Places whose names other file systems or globs read otherwise, with old checksum files in them.
 */
class OddNamesEndToEndTest {
  @TempDir private Path folder;
  private Path odd;
  private SmallRun small;

  @BeforeEach
  void write() throws IOException {
    odd = Files.createDirectory(folder.resolve("10:30 100% [é]{a,b}* #1 a%20b"));
    Path model = SmallModel.write(odd.resolve("model:1"));
    for (String name : new String[] {"config.json", "model.safetensors", "tokenizer.json"}) {
      SmallModel.write(model.resolve("." + name + ".crc"), "crc\0 of another file");
    }
    small =
        new SmallRun(
            model.toString(), SmallModel.text(folder.resolve("text.jsonl"), 120, 70).toString());
  }

  @Test
  void aModelIsPrunedResumedAndMeasured() throws IOException {
    Path sparse = odd.resolve("sparse:1");
    Path work = odd.resolve("work:1");
    Path config =
        SmallModel.write(odd.resolve("prune:1.conf"), "epochs = 3\nactivations = files\n");
    String[] command =
        small.prune(
            sparse.toString(),
            "--config",
            config.toString(),
            "--work-dir",
            work.toString(),
            "--self-generated",
            "2",
            "--language",
            "any",
            "--keep-work",
            "--overwrite");
    Program.succeed(command);
    Map<String, String> expected = Folders.checkpoint(sparse);

    Program again = Program.succeed(command);

    assertThat(again.err()).contains("taken over");
    assertThat(Folders.checkpoint(sparse)).isEqualTo(expected);
    Program.succeed("inspect", "--model", sparse.toString());
    Path results = odd.resolve("new/results:1.json");
    Program evaluated =
        Program.succeed(
            "evaluate",
            "--model",
            sparse.toString(),
            "--text",
            small.text(),
            "--output",
            results.toString());
    assertThat(results).hasContent(evaluated.out());
    requireNoChecksums();
  }

  @Test
  void textsAndTablesAreWritten() throws IOException {
    Path texts = odd.resolve("written:1.jsonl");
    Program.succeed(
        "generate",
        "--model",
        small.model(),
        "--output",
        texts.toString(),
        "--samples",
        "2",
        "--max-length",
        "16",
        "--language",
        "any");
    assertThat(texts).content().hasLineCount(2);

    Path tables = odd.resolve("tables:1");
    String[] prune = small.prune(tables.toString(), "--epochs", "1", "--waves", "1");
    prune[0] = "ablate";
    Program.succeed(
        Program.with(
            prune,
            "--text",
            small.text(),
            "--methods",
            "magnitude",
            "--patterns",
            "2:4",
            "--levels",
            "lr",
            "--seeds",
            "0"));
    assertThat(tables.resolve("ablation.json")).exists();
    requireNoChecksums();
  }

  /** A place that is not writable is reported before any work, and nothing is left there. */
  @Test
  void aPlaceThatCannotBeWrittenIsToldAtOnce() throws IOException {
    Path file = SmallModel.write(folder.resolve("a file"), "words");
    Map<String, String> before = Folders.contents(folder);
    String[] evaluate = {"evaluate", "--model", small.model(), "--text", small.text(), "--output"};
    String[] generate = {"generate", "--model", small.model(), "--samples", "2", "--output"};
    String inAFile = file.resolve("new/result").toString();
    String tooLong = folder.resolve("x".repeat(250)).toString();
    for (String[] command :
        new String[][] {
          Program.with(evaluate, inAFile),
          Program.with(generate, inAFile),
          small.prune(inAFile),
          {"demo", "--output", inAFile},
          Program.with(evaluate, tooLong),
          Program.with(generate, tooLong),
          small.prune(tooLong),
          Program.with(evaluate, folder.toString()),
          Program.with(evaluate, small.text()),
        }) {
      Program program = Program.run(command);
      assertThat(program.exitCode()).as(program.err()).isEqualTo(2);
      assertThat(program.sentence()).containsAnyOf("a file", "xxx", "folder", "which is read");
      assertThat(program.err()).doesNotContain("evaluation", "dense pass", "text ...");
      assertThat(Folders.contents(folder)).isEqualTo(before);
    }
  }

  private void requireNoChecksums() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      assertThat(files)
          .filteredOn(file -> !file.getParent().equals(Path.of(small.model())))
          .noneMatch(file -> file.getFileName().toString().endsWith(".crc"));
    }
  }
}
