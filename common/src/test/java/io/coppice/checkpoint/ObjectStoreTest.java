package io.coppice.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An output folder on a file system where renaming a folder takes several steps, any of which may
 * fail.
 */
class ObjectStoreTest {
  private static final List<String> FILES =
      List.of("coppice/_SUCCESS", "coppice/run.json", "config.json", "model.safetensors");

  @TempDir private Path folder;

  @Test
  void theMarkComesLast() {
    try (OutputFolder output = output(Integer.MAX_VALUE, false)) {
      stage("new");
      output.commit();
    }
    requireWhole("new");

    Configuration hadoop = configuration(Integer.MAX_VALUE);
    assertThatCode(() -> ModelFolder.open(output().path(), hadoop)).doesNotThrowAnyException();
    folder.resolve("out/coppice/_SUCCESS").toFile().delete();
    assertThatThrownBy(() -> ModelFolder.open(output().path(), hadoop))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("not finished")
        .hasMessageContaining("out/coppice/_SUCCESS");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void aCommitThatIsInterruptedIsRefusedByReadersAndReplacedByTheNextRun(int renames) {
    interrupt(renames, false);

    requireNotReadable();
    runAgain(false);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void aModelThatIsReplacedIsThereUntilTheNewOneIsWhole(int renames) {
    stage("old");
    output().commit();
    interrupt(renames, true);

    if (renames == 0) {
      // Not even the mark could be written.
      requireWhole("old");
    } else {
      requireNotReadable();
      TreeSet<String> somewhere = new TreeSet<>(files(folder.resolve("out")));
      somewhere.addAll(files(staging()));
      assertThat(somewhere).containsExactlyInAnyOrderElementsOf(FILES);
    }
    runAgain(true);
  }

  @Test
  void aFolderThatTheUserPutThereMeanwhileIsKept() {
    interrupt(2, false);
    output().discardStaging();
    ModelOnDisk.text(folder.resolve("out"), "config.json", "theirs");
    stage("new");

    assertThatThrownBy(() -> output().commit()).isInstanceOf(UsageException.class);
    assertThat(folder.resolve("out/config.json")).hasContent("theirs");
  }

  /** A run whose commit fails at a rename, or is killed there: closing then changes nothing. */
  private void interrupt(int renames, boolean overwrite) {
    try (OutputFolder output = output(renames, overwrite)) {
      stage("lost");
      assertThatThrownBy(output::commit)
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("connection is gone");
    }
  }

  private void runAgain(boolean overwrite) {
    try (OutputFolder output = output(Integer.MAX_VALUE, overwrite)) {
      output.requireFree(List.of());
      output.discardStaging();
      stage("new");
      output.commit();
    }
    requireWhole("new");
  }

  private void requireNotReadable() {
    assertThatThrownBy(() -> ModelFolder.open(output().path(), configuration(Integer.MAX_VALUE)))
        .isInstanceOfAny(InvalidDataException.class, UsageException.class);
  }

  private void requireWhole(String content) {
    assertThat(files(folder.resolve("out"))).containsExactlyElementsOf(new TreeSet<>(FILES));
    assertThat(folder.resolve("out/config.json")).hasContent(content);
    assertThat(folder.resolve("out/coppice/run.json")).hasContent(content);
    assertThat(staging()).doesNotExist();
  }

  private OutputFolder output() {
    return output(Integer.MAX_VALUE, false);
  }

  private OutputFolder output(int renames, boolean overwrite) {
    return new OutputFolder(
        new org.apache.hadoop.fs.Path("store://" + folder.resolve("out")),
        Replaceable.MODEL.ifAsked(overwrite),
        configuration(renames));
  }

  private void stage(String content) {
    ModelOnDisk.text(staging(), "config.json", content);
    ModelOnDisk.text(staging(), "model.safetensors", content);
    ModelOnDisk.text(staging().resolve("coppice"), "run.json", content);
  }

  private Path staging() {
    return Path.of(output().staging().toUri().getPath());
  }

  private static List<String> files(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> directory.relativize(file).toString())
          .sorted()
          .collect(Collectors.toList());
    } catch (IOException e) {
      return List.of();
    }
  }

  private static Configuration configuration(int renames) {
    Configuration hadoop = new Configuration();
    hadoop.set("fs.store.impl", ObjectStore.class.getName());
    hadoop.set("fs.store.impl.disable.cache", "true");
    hadoop.setInt("store.renames", renames);
    return hadoop;
  }

  /** Local files, of which some are renamed before the connection breaks; folders one by one. */
  public static final class ObjectStore extends RawLocalFileSystem {
    private int renames;

    @Override
    public void initialize(URI uri, Configuration hadoop) throws IOException {
      super.initialize(uri, hadoop);
      renames = hadoop.getInt("store.renames", 0);
    }

    @Override
    public URI getUri() {
      return URI.create("store:///");
    }

    @Override
    public String getScheme() {
      return "store";
    }

    /** Without the permissions that only real local files have. */
    @Override
    public FileStatus[] listStatus(org.apache.hadoop.fs.Path path) throws IOException {
      return Arrays.stream(super.listStatus(path))
          .map(file -> new FileStatus(file.getLen(), file.isDirectory(), 1, 1, 0, file.getPath()))
          .toArray(FileStatus[]::new);
    }

    @Override
    public boolean rename(org.apache.hadoop.fs.Path from, org.apache.hadoop.fs.Path to)
        throws IOException {
      if (getFileStatus(from).isDirectory()) {
        mkdirs(to);
        for (FileStatus file : listStatus(from)) {
          rename(file.getPath(), new org.apache.hadoop.fs.Path(to, file.getPath().getName()));
        }
        return delete(from, true);
      }
      if (renames-- == 0) {
        throw new IOException("the connection is gone");
      }
      return super.rename(from, to);
    }
  }
}
