package io.coppice.job.work;

import io.coppice.failure.UsageException;
import io.coppice.job.progress.Progress;
import io.coppice.job.progress.ProgressEvent;
import io.coppice.storage.AtomicFile;
import io.coppice.storage.Json;
import io.coppice.storage.JsonFile;
import io.coppice.storage.Storage;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a second run away from a folder: a file in it or beside it that names the run which holds
 * it, renewed by a thread of its own.
 *
 * <p>A claim is free when its process is gone, which only a run on the same host can tell, or when
 * it was not renewed for a while, by the clock of the run that waits for it. A run that stood still
 * for that long may lose its claim; it must ask before it makes anything final.
 */
final class Claim implements AutoCloseable {
  static final String NAME = ".coppice-claim";
  private static final String ENDING = ".coppice-claim";
  private static final Logger LOG = LoggerFactory.getLogger(Claim.class);

  private final Path folder;
  private final Path file;
  private final FileSystem system;
  private final Configuration hadoop;
  private final Timing timing;
  private final ScheduledExecutorService renewals =
      Executors.newSingleThreadScheduledExecutor(Claim::daemon);
  private Claimant own;
  private Optional<Claimant> replaced = Optional.empty();
  private boolean lost;
  private boolean stopped;

  /**
   * The times by which a claim ages.
   *
   * @param renewal time between two renewals
   * @param stale time without a renewal after which a claim is free
   */
  record Timing(Duration renewal, Duration stale) {
    static final Timing USUAL = new Timing(Duration.ofSeconds(5), Duration.ofSeconds(60));
  }

  /**
   * The circumstances in which places are claimed.
   *
   * @param progress receives an event if another run's claim has to be waited for
   */
  record Circumstances(Configuration hadoop, Timing timing, Progress progress) {}

  private Claim(Path folder, Path file, Claimant own, Configuration hadoop, Timing timing)
      throws IOException {
    this.folder = folder;
    this.file = file;
    this.own = own;
    this.system = Storage.of(file, hadoop);
    this.hadoop = hadoop;
    this.timing = timing;
  }

  /** The file of a claim in a folder that exists. */
  static Path in(Path folder) {
    return new Path(folder, NAME);
  }

  /** The file of a claim on a folder that may not exist yet. */
  static Path beside(Path folder) {
    return Storage.child(folder.getParent(), "." + folder.getName() + ENDING);
  }

  /**
   * Claims a folder; waits until another run's claim is known to be dead.
   *
   * @param file of the claim; the folder that it lies in exists
   * @param dead a run that is known to be so
   * @throws UsageException if another run holds it
   */
  static Claim take(
      Path folder, Path file, Claimant own, Optional<Claimant> dead, Circumstances circumstances)
      throws IOException {
    Claim claim = new Claim(folder, file, own, circumstances.hadoop(), circumstances.timing());
    while (!claim.create()) {
      Optional<Claimant> other = claim.holder();
      if (dead.isEmpty() || other.filter(dead.orElseThrow()::isSameRun).isEmpty()) {
        claim.requireDead(other, circumstances.progress());
      }
      if (claim.remove(other)) {
        claim.replaced = other;
      }
    }
    claim.clean();
    long period = claim.timing.renewal().toMillis();
    claim.renewals.scheduleWithFixedDelay(claim::renew, period, period, TimeUnit.MILLISECONDS);
    return claim;
  }

  /** Creates the file with our name in it, if there is none. */
  private boolean create() throws IOException {
    OutputStream made;
    try {
      made = createNew();
    } catch (FileAlreadyExistsException | org.apache.hadoop.fs.FileAlreadyExistsException e) {
      return false;
    } catch (IOException e) {
      // HDFS has another word for a file that somebody is making just now.
      if (system.exists(file)) {
        return false;
      }
      throw e;
    }
    try (OutputStream out = made) {
      out.write(Json.text(own).getBytes(StandardCharsets.UTF_8));
      return true;
    } catch (IOException e) {
      system.delete(file, false);
      throw e;
    }
  }

  /** Hadoop's local file system looks and then creates, which two runs may do at once. */
  private OutputStream createNew() throws IOException {
    return system instanceof RawLocalFileSystem local
        ? Files.newOutputStream(local.pathToFile(file).toPath(), StandardOpenOption.CREATE_NEW)
        : system.create(file, false);
  }

  /** Who holds the claim; empty where the file is gone, or nothing is in it yet. */
  private Optional<Claimant> holder() {
    return JsonFile.read(file, Claimant.class, hadoop);
  }

  private void requireDead(Optional<Claimant> other, Progress progress) throws IOException {
    if (other.filter(own::isBeside).isPresent()) {
      if (other.orElseThrow().isAlive()) {
        throw refusal(other.orElseThrow());
      }
      return;
    }
    progress.report(
        new ProgressEvent.Waiting(
            "%s was claimed by %s; whether that run lives is known in at most %d s"
                .formatted(
                    folder,
                    other.map(Claimant::toString).orElse("another run"),
                    timing.stale().toSeconds())));
    long deadline = System.nanoTime() + timing.stale().toNanos();
    while (System.nanoTime() < deadline) {
      pause();
      Optional<Claimant> now = holder();
      if (!system.exists(file)) {
        return;
      }
      if (!now.equals(other) && now.isPresent()) {
        throw refusal(now.orElseThrow());
      }
    }
  }

  private UsageException refusal(Claimant other) {
    return new UsageException(
        ("Another run (%s) is working on %s; let it finish, or stop it and start this one again, or"
                + " give another --output")
            .formatted(other, folder));
  }

  private void pause() {
    try {
      Thread.sleep(timing.renewal().toMillis() / 2);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while waiting for " + file, e);
    }
  }

  /**
   * Of several runs that find a claim dead, renaming lets one remove it. Should another one have
   * made its own in this moment, it makes it again, or finds out that it lost it.
   *
   * @return whether this run did
   */
  private boolean remove(Optional<Claimant> dead) throws IOException {
    Path aside = Storage.child(file.getParent(), file.getName() + "-" + UUID.randomUUID());
    try {
      if (!holder().equals(dead) || !system.rename(file, aside)) {
        return false;
      }
    } catch (FileNotFoundException e) {
      return false;
    }
    system.delete(aside, false);
    return true;
  }

  /** Deletes what runs left that were killed while they renewed or removed this claim. */
  private void clean() throws IOException {
    FileStatus[] left =
        system.listStatus(
            file.getParent(),
            path ->
                path.getName().startsWith(file.getName() + "-")
                    || AtomicFile.isTemporaryOf(file, path.getName()));
    for (FileStatus remainder : left) {
      system.delete(remainder.getPath(), false);
    }
  }

  private synchronized void renew() {
    try {
      // It may have waited for the lock while the claim was given back.
      if (!stopped && isHeld()) {
        own = own.renewed();
        JsonFile.write(file, own, hadoop);
      }
    } catch (IOException | RuntimeException e) {
      // The next time it may work; an exception would end all renewals.
      LOG.warn("Cannot renew the claim {}: {}", file, Storage.reason(e));
    }
  }

  /** Looks; a file that is gone is made anew. */
  private synchronized boolean isHeld() throws IOException {
    if (!lost) {
      Optional<Claimant> holder = holder();
      boolean ours = holder.isPresent() ? own.isSameRun(holder.orElseThrow()) : create();
      if (!ours) {
        lost = true;
        renewals.shutdown();
        LOG.error("{} was claimed by another run", folder);
      }
    }
    return !lost;
  }

  /**
   * To be asked before anything is made final.
   *
   * @throws UsageException if another run took the folder over
   */
  void requireHeld() {
    try {
      if (!isHeld()) {
        throw new UsageException(
            ("This run stood still for so long that another one took over %s; this one stops and"
                    + " changes nothing")
                .formatted(folder));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the claim " + file, e);
    }
  }

  /** The run that held the claim before and is dead. */
  Optional<Claimant> replaced() {
    return replaced;
  }

  /** Whether no other run is known to have taken over. */
  synchronized boolean isOurs() {
    return !lost;
  }

  /** Renews it no more, so that the folder may be deleted with it. */
  synchronized void stop() {
    stopped = true;
    renewals.shutdownNow();
  }

  /** Gives the claim back. */
  @Override
  public synchronized void close() {
    stop();
    try {
      if (!lost && holder().filter(own::isSameRun).isPresent()) {
        system.delete(file, false);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot delete the claim " + file, e);
    }
  }

  private static Thread daemon(Runnable renewing) {
    Thread thread = new Thread(renewing, "coppice-claim");
    thread.setDaemon(true);
    return thread;
  }
}
