package io.coppice.job.work;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.UsageException;
import io.coppice.job.endtoend.LimitedFileSystem;
import io.coppice.job.progress.ProgressEvent;
import io.coppice.job.progress.SilentProgress;
import io.coppice.job.work.Claim.Timing;
import io.coppice.storage.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ClaimTest {
  /** As good as never. */
  private static final Duration LONG = Duration.ofHours(1);

  private final Configuration hadoop = new Configuration();
  private final SilentProgress progress = new SilentProgress();
  @TempDir private java.nio.file.Path local;
  private FileSystem system;
  private Path folder;
  private Path file;

  @BeforeEach
  void open() throws IOException {
    folder = new Path(local.toUri());
    system = folder.getFileSystem(hadoop);
    file = Claim.in(folder);
  }

  @Test
  void aSecondRunIsRefusedWhileTheFirstOneLives() throws IOException {
    try (Claim claim = take(new Timing(LONG, LONG))) {
      claim.requireHeld();
      assertThatThrownBy(() -> take(new Timing(LONG, LONG)))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("process " + ProcessHandle.current().pid())
          .hasMessageContaining(local.toString());
      claim.requireHeld();
    }
    assertThat(local).isEmptyDirectory();
    take(new Timing(LONG, LONG)).close();
    assertThat(progress.events()).isEmpty();
  }

  @Test
  void theClaimOfAProcessThatIsGoneIsTakenAtOnce() throws Exception {
    Process ended = new ProcessBuilder("true").start();
    ended.waitFor();
    Claimant here = Claimant.here();
    write(with(here, "gone", here.host(), ended.pid(), 5));

    take(new Timing(LONG, LONG)).close();

    assertThat(progress.events()).isEmpty();
    // The number was given to another process meanwhile.
    write(with(here, "gone", here.host(), here.process(), here.started() - 1000));
    take(new Timing(LONG, LONG)).close();
    assertThat(progress.events()).isEmpty();
  }

  @Test
  void aSilentRunElsewhereIsWaitedForAndReplaced() throws IOException {
    write(elsewhere());

    try (Claim claim = take(new Timing(Duration.ofMillis(20), Duration.ofMillis(200)))) {
      claim.requireHeld();
    }

    assertThat(progress.events())
        .singleElement()
        .isInstanceOfSatisfying(
            ProgressEvent.Waiting.class,
            waiting -> assertThat(waiting.why()).contains("process 7 on elsewhere"));
  }

  @Test
  void aRunElsewhereThatRenewsItsClaimKeepsIt() throws Exception {
    write(elsewhere());
    ExecutorService threads = Executors.newSingleThreadExecutor();
    Future<?> renewing =
        threads.submit(
            () -> {
              Thread.sleep(300);
              write(elsewhere().renewed());
              return 0;
            });

    assertThatThrownBy(() -> take(new Timing(Duration.ofMillis(20), LONG)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("process 7 on elsewhere");

    renewing.get();
    threads.shutdown();
    assertThat(JsonFile.read(file, Claimant.class, hadoop)).contains(elsewhere().renewed());
  }

  @Test
  void aRunThatIsKnownToBeDeadIsNotWaitedForAgain() throws IOException {
    Timing timing = new Timing(Duration.ofMillis(20), Duration.ofMillis(200));
    Path work = new Path(folder, "work");
    system.mkdirs(work);
    JsonFile.write(Claim.in(work), elsewhere().renewed(), hadoop);
    Path output = new Path(folder, "sparse");
    JsonFile.write(Claim.beside(output), elsewhere(), hadoop);

    Claims.take(work, output, new Claim.Circumstances(hadoop, timing, progress)).close();

    assertThat(progress.events()).hasSize(1);
    assertThat(system.exists(Claim.beside(output))).isFalse();
  }

  @Test
  void anEmptyClaimIsThatOfARunThatDiedAsItBegan() throws IOException {
    Files.createFile(local.resolve(Claim.NAME));
    take(new Timing(Duration.ofMillis(20), Duration.ofMillis(200))).close();
    assertThat(local).isEmptyDirectory();
  }

  @Test
  void ofManyThatFindADeadClaimOneTakesIt() throws Exception {
    Claimant here = Claimant.here();
    for (int round = 0; round < 20; round++) {
      write(with(here, "gone", here.host(), here.process(), here.started() - 1000));
      ExecutorService threads = Executors.newFixedThreadPool(6);
      List<Future<Claim>> taking = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        taking.add(threads.submit(() -> take(new Timing(Duration.ofMillis(50), LONG))));
      }
      threads.shutdown();
      List<Claim> taken = new ArrayList<>();
      for (Future<Claim> future : taking) {
        try {
          taken.add(future.get());
        } catch (java.util.concurrent.ExecutionException e) {
          assertThat(e).hasCauseInstanceOf(UsageException.class);
        }
      }
      List<Claim> held = taken.stream().filter(ClaimTest::isHeld).toList();
      assertThat(held).hasSize(1);
      held.get(0).requireHeld();
      taken.forEach(Claim::close);
      assertThat(local).isEmptyDirectory();
    }
  }

  @Test
  void whatKilledRenewalsLeftIsDeleted() throws IOException {
    Path output = new Path(folder, "sparse");
    String claim = Claim.beside(output).getName();
    for (String name : List.of(".coppice-" + claim + "-1-2.tmp", claim + "-12", "sparse-2")) {
      Files.createFile(local.resolve(name));
    }
    Claim.take(
            output,
            Claim.beside(output),
            Claimant.here(),
            Optional.empty(),
            new Claim.Circumstances(hadoop, new Timing(LONG, LONG), progress))
        .close();
    assertThat(local.toFile().list()).containsExactly("sparse-2");
  }

  @Test
  @Timeout(60)
  void aRenewalThatFindsNoRoomIsTriedAgain() throws Exception {
    hadoop.set("fs.file.impl", LimitedFileSystem.class.getName());
    hadoop.setBoolean("fs.file.impl.disable.cache", true);
    try (Claim claim = take(new Timing(Duration.ofMillis(10), LONG))) {
      LimitedFileSystem.refuse(Claim.NAME);
      Thread.sleep(300);
      LimitedFileSystem.makeRoom();
      long before = JsonFile.read(file, Claimant.class, hadoop).orElseThrow().renewals();
      while (JsonFile.read(file, Claimant.class, hadoop).orElseThrow().renewals() == before) {
        Thread.sleep(10);
      }
      claim.requireHeld();
    } finally {
      LimitedFileSystem.makeRoom();
    }
  }

  @Test
  void aClaimIsRenewed() throws Exception {
    try (Claim claim = take(new Timing(Duration.ofMillis(10), LONG))) {
      while (JsonFile.read(file, Claimant.class, hadoop).orElseThrow().renewals() < 3) {
        Thread.sleep(10);
      }
      // Somebody deleted it; it is ours all the same.
      system.delete(file, false);
      claim.requireHeld();
      assertThat(system.exists(file)).isTrue();
    }
  }

  @Test
  void aRunThatLostItsClaimIsToldAndLeavesTheOtherOnes() throws IOException {
    Claim claim = take(new Timing(LONG, LONG));
    write(elsewhere());

    assertThatThrownBy(claim::requireHeld)
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("another one took over")
        .hasMessageContaining(local.toString());

    claim.close();
    assertThat(JsonFile.read(file, Claimant.class, hadoop)).contains(elsewhere());
  }

  private static boolean isHeld(Claim claim) {
    try {
      claim.requireHeld();
      return true;
    } catch (UsageException e) {
      return false;
    }
  }

  private Claim take(Timing timing) throws IOException {
    return Claim.take(
        folder,
        Claim.in(folder),
        Claimant.here(),
        Optional.empty(),
        new Claim.Circumstances(hadoop, timing, progress));
  }

  private void write(Claimant claimant) {
    JsonFile.write(file, claimant, hadoop);
  }

  private static Claimant elsewhere() {
    return with(Claimant.here(), "other", "elsewhere", 7, 1);
  }

  private static Claimant with(Claimant here, String run, String host, long pid, long started) {
    return new Claimant(run, host, here.processes(), pid, started, 0);
  }
}
