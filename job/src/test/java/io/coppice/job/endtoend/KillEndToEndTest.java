package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A run whose processes are killed in the middle gives the same result. */
@Tag("parity")
class KillEndToEndTest {
  @TempDir private Path folder;
  private SmallRun small;
  private Path output;
  private Path work;

  @BeforeEach
  void write() {
    small = SmallRun.write(folder);
    output = folder.resolve("sparse");
    work = folder.resolve(".sparse.coppice-work");
  }

  /**
   * @param finished the finished block that the killed run leaves
   * @param begun the snapshot that it leaves
   * @param taken blocks that the second run says it took over
   * @param resumed a block that it continues
   * @param spared a block that it does not train
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          waves      | gp | wave-1/block-0000 | wave-1/unfinished/blocks-0001-0001 | 1 of 2 blocks of wave 1 | wave 1, block 1 | wave 1, block 0
          sequential | cr | wave-1/block-0000 | wave-2/unfinished/blocks-0000-0001 | 1 of 4 blocks in two rounds | wave 2, block 0 | wave 1, block 0
          sequential --last-block kl --last-block-tokens 0.5 | gp | wave-1/block-0000 | wave-1/unfinished/blocks-0001-0001 | 1 of 2 blocks | wave 1, block 1 | wave 1, block 0
          waves --metric fisher | gp | wave-1/block-0000 | wave-1/unfinished/blocks-0001-0001 | 1 of 2 blocks of wave 1 | wave 1, block 1 | wave 1, block 0
          waves --masks gradual --masks-interval 1 | gp | wave-1/block-0000 | wave-1/unfinished/blocks-0001-0001 | 1 of 2 blocks of wave 1 | wave 1, block 1 | wave 1, block 0
          """)
  void aDriverThatIsKilledIsGoneOnWith(
      String schedule,
      String level,
      String finished,
      String begun,
      String taken,
      String resumed,
      String spared)
      throws Exception {
    String options = options(schedule, level);
    Program.on("local[1]", prune("undisturbed", options)).succeeded();

    try (DriverProcess driver =
        DriverProcess.start(folder.resolve("messages"), "local[1]", prune("sparse", options))) {
      driver.await(
          () ->
              Files.exists(kept(level, finished + ".json"))
                  && Files.exists(kept(level, begun + ".snapshot.safetensors")));
      driver.freeze();
      Program second = Program.on("local[1]", prune("sparse", options));
      assertThat(second.exitCode()).isEqualTo(2);
      assertThat(second.sentence())
          .contains("Another run (process " + driver.process().pid(), work.toString());
      driver.kill();
    }
    assertThat(output).doesNotExist();
    assertThat(work).exists();

    Program again = Program.on("local[1]", prune("sparse", options)).succeeded();

    assertThat(again.err())
        .contains("taken over: " + taken, resumed + ": goes on after epoch ")
        .doesNotContain("waiting: ", spared, resumed + ", epoch 0:", resumed + ", epoch 1:");
    requireAsUndisturbed();
  }

  @Test
  void trialsOfMasksAreGoneOnWith() throws Exception {
    String options = options("waves", "best");
    Program.on("local[1]", prune("undisturbed", options)).succeeded();

    // The block of either trial, of a model of two.
    String begun = "unfinished/blocks-0001-0001.snapshot.safetensors";
    try (DriverProcess driver =
        DriverProcess.start(folder.resolve("messages"), "local[1]", prune("sparse", options))) {
      driver.await(
          () ->
              Files.exists(kept("masks", "at-once/turn-1/block-0001.json"))
                  && Files.exists(kept("masks", "gradual/turn-1/" + begun)));
      driver.kill();
    }
    Program again = Program.on("local[1]", prune("sparse", options)).succeeded();

    assertThat(again.err()).contains("trials of masks: done");
    requireAsUndisturbed();
  }

  /** The gradients that it had are gone, the metric that was written is kept. */
  @Test
  void metricsAreGoneOnWith() throws Exception {
    String options = options("waves --metric fisher", "gp");
    Program.on("local[1]", prune("undisturbed", options)).succeeded();

    try (DriverProcess driver =
        DriverProcess.start(folder.resolve("messages"), "local[1]", prune("sparse", options))) {
      driver.await(() -> Files.exists(metric()));
      driver.kill();
    }
    FileTime written = Files.getLastModifiedTime(metric());
    Program.on("local[1]", prune("sparse", options + " --keep-work")).succeeded();

    assertThat(Files.getLastModifiedTime(metric())).isEqualTo(written);
    assertThat(Folders.checkpoint(output))
        .isEqualTo(Folders.checkpoint(folder.resolve("undisturbed")));
  }

  /** As Ctrl-C does, which shells may keep from what they run in the background. */
  @Test
  void aRunThatIsToldToEndSaysHowItGoesOn() throws Exception {
    String options = options("waves", "gp");
    Program.on("local[1]", prune("undisturbed", options)).succeeded();

    try (DriverProcess driver =
        DriverProcess.start(folder.resolve("messages"), "local[1]", prune("sparse", options))) {
      driver.await(() -> Files.exists(kept("gp", "wave-1/block-0000.json")));
      assertThat(driver.terminated())
          .containsOnlyOnce(
              "coppice: interrupted; what is finished is kept, and the same command goes on with"
                  + " it: coppice prune --model ")
          .doesNotContain("\tat ", "Coppice failed");
    }
    assertThat(output).doesNotExist();

    Program again = Program.on("local[1]", prune("sparse", options)).succeeded();
    assertThat(again.err()).contains("taken over: ").doesNotContain("waiting: ");
    assertThat(Folders.checkpoint(output))
        .isEqualTo(Folders.checkpoint(folder.resolve("undisturbed")));
  }

  @Test
  void executorsThatAreKilledCostAnEpoch() throws Exception {
    String options = options("parallel", "gp");
    Program.on("local[1]", prune("undisturbed", options)).succeeded();

    try (DriverProcess driver =
        DriverProcess.launch(
            folder.resolve("messages"), "local-cluster[2,1,1024]", prune("sparse", options))) {
      driver.await(
          () ->
              Stream.of("0000-0000", "0001-0001")
                  .map(blocks -> "wave-1/unfinished/blocks-" + blocks + ".snapshot.safetensors")
                  .anyMatch(snapshot -> Files.exists(kept("gp", snapshot))));
      List<ProcessHandle> executors = executors(driver);
      assertThat(executors).isNotEmpty();
      executors.forEach(ProcessHandle::destroyForcibly);
      String said = driver.succeeded();

      assertThat(said).containsPattern("wave 1, block [01]: goes on after epoch [1-9]");
    }
    assertThat(Folders.checkpoint(output))
        .isEqualTo(Folders.checkpoint(folder.resolve("undisturbed")));
    assertThat(work).doesNotExist();
  }

  private void requireAsUndisturbed() {
    Path undisturbed = folder.resolve("undisturbed");
    assertThat(Folders.checkpoint(output)).isEqualTo(Folders.checkpoint(undisturbed));
    assertThat(Folders.record(output).replace("sparse", "undisturbed"))
        .isEqualTo(Folders.record(undisturbed).replace("sparse", "undisturbed"));
    assertThat(work).doesNotExist();
  }

  private static List<ProcessHandle> executors(DriverProcess driver) {
    return driver
        .process()
        .descendants()
        .filter(
            process ->
                process.info().commandLine().orElse("").contains("CoarseGrainedExecutorBackend"))
        .toList();
  }

  private Path metric() {
    return Folders.finished(work).resolve("metrics").resolve("boundary-0001.safetensors");
  }

  private Path kept(String level, String file) {
    return Folders.finished(work).resolve("blocks").resolve(level).resolve(file);
  }

  private static String options(String schedule, String level) {
    return SmallRun.schedule(schedule) + "--epochs 60 --reconstruct " + level;
  }

  private String[] prune(String name, String options) {
    return small.prune(folder.resolve(name), options);
  }
}
