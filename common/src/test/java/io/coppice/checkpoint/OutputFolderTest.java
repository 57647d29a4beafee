package io.coppice.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.UsageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputFolderTest {
  private final Configuration hadoop = new Configuration();
  @TempDir private Path folder;

  @Test
  void theStagedModelAppearsWithoutUnfinishedFiles() {
    OutputFolder output = output("deep/er/out", false);
    stage(output, "new");
    ModelOnDisk.text(local(output.staging()), ".coppice-model.safetensors-1.tmp", "half");
    output.commit();
    assertThat(ModelOnDisk.contents(local(output.path())))
        .containsOnlyKeys("config.json", "coppice");
    assertThat(local(output.path()).resolve("coppice/_SUCCESS")).isEmptyFile();
    assertThat(ModelOnDisk.contents(local(output.path()).getParent())).containsOnlyKeys("out");
  }

  @Test
  void anExistingFolderIsReplacedOnlyIfAsked() {
    ModelOnDisk.text(folder.resolve("out"), "config.json", "old");
    OutputFolder careful = output("out", false);
    assertThatThrownBy(() -> careful.requireFree(List.of()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("exists already")
        .hasMessageContaining("--overwrite");
    stage(careful, "new");
    assertThatThrownBy(careful::commit).isInstanceOf(UsageException.class);
    assertThat(folder.resolve("out/config.json")).hasContent("old");
    output("out", true).commit();
    assertThat(folder.resolve("out/config.json")).hasContent("new");
    assertThat(ModelOnDisk.contents(folder)).containsOnlyKeys("out");
  }

  @Test
  void foldersThatAreNotModelsOrAreReadAreNeverReplaced() throws IOException {
    ModelOnDisk.text(folder.resolve("home"), "thesis.txt", "years of work");
    assertThatThrownBy(() -> output("home", true).requireFree(List.of()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("no model");
    Files.createFile(folder.resolve("file"));
    assertThatThrownBy(() -> output("file", true).requireFree(List.of()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("is a file");
    ModelOnDisk.text(folder.resolve("model"), "config.json", "{}");
    for (String input : List.of("model", "model/text/a.jsonl")) {
      assertThatThrownBy(
              () ->
                  output("model", true).requireFree(List.of(RawFile.hadoop(folder.resolve(input)))))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("would replace");
    }
    Files.createDirectory(folder.resolve("empty"));
    output("empty", true).requireFree(List.of(RawFile.hadoop(folder.resolve("model"))));
    assertThatThrownBy(
            () -> new OutputFolder(new org.apache.hadoop.fs.Path("/"), Replaceable.MODEL, hadoop))
        .isInstanceOf(UsageException.class);
  }

  @Test
  void onlyFoldersWithOneOfItsMarksAreReplaced() {
    Replaceable table = new Replaceable("table", List.of("table.json", "table.md"));
    ModelOnDisk.text(folder.resolve("model"), "config.json", "{}");
    ModelOnDisk.text(folder.resolve("half"), "table.md", "| |");

    assertThatThrownBy(() -> output("model", table).requireFree(List.of()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(
            "holds no table.json or table.md, so it is no table that --overwrite may replace");
    assertThatThrownBy(() -> output("half", true).requireFree(List.of()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("holds no config.json, so it is no model");
    OutputFolder output = output("half", table);
    ModelOnDisk.text(local(output.staging()), "table.json", "new");
    output.commit();
    assertThat(ModelOnDisk.contents(folder.resolve("half")))
        .containsOnlyKeys("table.json", "coppice");
  }

  @Test
  void theOldModelIsPutBackIfTheNewOneCannotTakeItsPlace() {
    ModelOnDisk.text(folder.resolve("out"), "config.json", "old");
    hadoop.set("fs.file.impl", StubbornFileSystem.class.getName());
    hadoop.set("fs.file.impl.disable.cache", "true");
    OutputFolder output = output("out", true);
    stage(output, "new");
    assertThatThrownBy(output::commit)
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("was refused");
    assertThat(folder.resolve("out/config.json")).hasContent("old");
    assertThat(ModelOnDisk.contents(folder)).containsOnlyKeys("out", ".coppice-staging-out");
  }

  @Test
  void aRunThatWasKilledBetweenTheRenamesIsFinishedByTheNextOne() {
    OutputFolder output = output("out", true);
    stage(output, "new");
    ModelOnDisk.text(folder.resolve(".coppice-replaced-out"), "config.json", "old");
    output.commit();
    assertThat(folder.resolve("out/config.json")).hasContent("new");
    assertThat(ModelOnDisk.contents(folder)).containsOnlyKeys("out");
  }

  private OutputFolder output(String name, boolean overwrite) {
    return output(name, Replaceable.MODEL.ifAsked(overwrite));
  }

  private OutputFolder output(String name, Replaceable replaceable) {
    return new OutputFolder(RawFile.hadoop(folder.resolve(name)), replaceable, hadoop);
  }

  private static void stage(OutputFolder output, String config) {
    ModelOnDisk.text(local(output.staging()), "config.json", config);
  }

  private static Path local(org.apache.hadoop.fs.Path path) {
    return Path.of(path.toUri().getPath());
  }

  /** Local files that refuse to rename the staged folder. */
  public static final class StubbornFileSystem extends RawLocalFileSystem {
    @Override
    public boolean rename(org.apache.hadoop.fs.Path from, org.apache.hadoop.fs.Path to)
        throws IOException {
      return !from.getName().startsWith(".coppice-staging") && super.rename(from, to);
    }
  }
}
