package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A full file system is reported in one sentence; nothing is lost, and the run can be continued.
 */
class NoRoomEndToEndTest {
  @TempDir private Path folder;
  private SmallRun small;

  @BeforeEach
  void write() {
    small = SmallRun.write(folder);
  }

  @AfterEach
  void makeRoom() {
    LimitedFileSystem.makeRoom();
  }

  @Test
  void theSameCommandGoesOnWhenThereIsRoom() {
    Program.on("local[1]", prune(folder.resolve("expected").toString())).succeeded();
    Map<String, String> before = Folders.contents(folder);
    String output = folder.resolve("sparse").toString();
    Path blocks = folder.resolve(".sparse.coppice-work");

    LimitedFileSystem.refuse("block-0001.safetensors");
    requireNoRoom(Program.on("local[1]", prune(output)), "block-0001.safetensors");
    assertThat(Folders.finished(blocks).resolve("blocks/gp/wave-1/block-0000.json")).exists();
    assertThat(folder.resolve("sparse")).doesNotExist();

    LimitedFileSystem.refuse("model.safetensors");
    Program assembling = Program.on("local[1]", prune(output));
    requireNoRoom(assembling, "model.safetensors");
    assertThat(assembling.err()).contains("taken over: 1 of 2 blocks of wave 1");
    assertThat(folder.resolve("sparse")).doesNotExist();
    assertThat(folder.resolve(".coppice-staging-sparse")).doesNotExist();

    LimitedFileSystem.refuse("config.json");
    requireNoRoom(Program.on("local[1]", prune(output)), "config.json");

    LimitedFileSystem.makeRoom();
    Program done = Program.on("local[1]", prune(output)).succeeded();
    assertThat(done.err())
        .contains("taken over: 2 of 2 blocks of wave 1", "taken over: 2 of 2 blocks of wave 2")
        .doesNotContain("block 0", "block 1");
    assertThat(Folders.checkpoint(folder.resolve("sparse")))
        .isEqualTo(Folders.checkpoint(folder.resolve("expected")));
    assertThat(Files.exists(blocks)).isFalse();
    assertThat(Folders.contents(folder)).containsAllEntriesOf(before);
  }

  private static void requireNoRoom(Program program, String file) {
    assertThat(program.sentence()).contains("There is no room left", file, "same command again");
    assertThat(program.exitCode()).isEqualTo(2);
  }

  private String[] prune(String output) {
    return small.prune(output, "--reconstruct", "gp", "--epochs", "2", "--waves", "2");
  }
}
