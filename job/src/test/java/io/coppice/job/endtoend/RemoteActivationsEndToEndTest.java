package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Activations on a file system that is slow or breaks off, read beside the computing. */
class RemoteActivationsEndToEndTest {
  private static final int EPOCHS = 4;

  @TempDir private Path folder;
  private SmallRun small;
  private Path local;

  @BeforeEach
  void write() throws IOException {
    small = SmallRun.write(folder);
    local = Files.createDirectory(folder.resolve("local"));
    System.setProperty("spark.local.dir", local.toString());
  }

  @AfterEach
  void nothingIsLeftBehind() throws IOException {
    RemoteFileSystem.disconnect();
    System.clearProperty("spark.local.dir");
    try (Stream<Path> files = Files.walk(local)) {
      assertThat(files.filter(file -> file.toString().contains("activations"))).isEmpty();
    }
    assertThat(Thread.getAllStackTraces().keySet())
        .extracting(Thread::getName)
        .doesNotContain("coppice-read-ahead");
  }

  @Test
  void theLocalDiskSparesReadingAndChangesNoByte() throws IOException {
    Map<String, String> expected = prune("here", "--activations files");
    RemoteFileSystem.connect(0, Integer.MAX_VALUE);
    assertThat(prune("off", remote("off") + " --local-cache off")).isEqualTo(expected);
    int off = RemoteFileSystem.reads();
    RemoteFileSystem.connect(0, Integer.MAX_VALUE);
    assertThat(prune("small", remote("small") + " --local-cache 20k")).isEqualTo(expected);
    int some = RemoteFileSystem.reads();
    RemoteFileSystem.connect(0, Integer.MAX_VALUE);
    assertThat(prune("auto", remote("auto"))).isEqualTo(expected);
    int auto = RemoteFileSystem.reads();

    // Besides the training there are the pruning and the passes, which read each window once.
    assertThat(auto).isLessThan(off / 2);
    assertThat(some).isBetween(auto + 1, off - 1);
  }

  @Test
  void waitingForASlowStoreIsRecorded() throws IOException {
    RemoteFileSystem.connect(5, Integer.MAX_VALUE);
    Path output = folder.resolve("slow");
    Program run =
        Program.on("local[1]", arguments("slow", remote("slow") + " --local-cache off"))
            .succeeded();

    for (var block : Measured.lastWave(output)) {
      double seconds = block.required("seconds").doubleValue();
      double waiting = block.required("seconds_waiting").doubleValue();
      // In each of two epochs a wave reads its 32 windows, of two chains and as targets.
      assertThat(waiting).isBetween(0.5 * EPOCHS * 32 * 3 * 0.005 / 2, seconds);
    }
    assertThat(run.err())
        .containsPattern(
            "wave 1, block 0: done in [0-9.]+ s, of which [0-9.]+ s waiting for activations")
        .containsPattern("wave 2, block 1: done in ");
  }

  @Test
  void aStoreThatBreaksOffIsNamed() {
    RemoteFileSystem.connect(0, Integer.MAX_VALUE);
    String identity = " --metric identity";
    Program.on("local[1]", arguments("whole", remote("whole") + identity)).succeeded();
    int reads = RemoteFileSystem.reads();
    // The second wave trains in the last third, and passes read less than it does.
    RemoteFileSystem.connect(0, 2 * reads / 3);
    Program broken = Program.on("local[1]", arguments("broken", remote("broken") + identity));

    assertThat(broken.exitCode()).isEqualTo(1);
    assertThat(broken.err())
        .contains("Cannot read remote:")
        .contains("windows-", "the connection is gone")
        .contains("reconstruction, wave 2 of 2 ...")
        .doesNotContain("sparse pass, wave 2");
    assertThat(folder.resolve("broken")).doesNotExist();
  }

  private String remote(String name) {
    return "--activations files --work-dir remote://" + folder.resolve("work-" + name);
  }

  private Map<String, String> prune(String name, String more) {
    Program.on("local[1]", arguments(name, more)).succeeded();
    return Folders.checkpoint(folder.resolve(name));
  }

  private String[] arguments(String name, String more) {
    return small.prune(folder.resolve(name), "--waves 2 --epochs " + EPOCHS + " " + more);
  }
}
