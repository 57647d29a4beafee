package io.coppice.job.progress;

import java.io.PrintStream;
import java.util.Optional;

/** Prints a line per event, for logs and files. */
public final class PlainProgress implements Progress {
  private final PrintStream err;

  public PlainProgress(PrintStream err) {
    this.err = err;
  }

  @Override
  public synchronized void report(ProgressEvent event) {
    line(event).ifPresent(err::println);
  }

  @Override
  public void close() {
    err.flush();
  }

  /** An event in words; a block's start is told by its first epoch. */
  static Optional<String> line(ProgressEvent event) {
    if (event instanceof ProgressEvent.StageStarted started) {
      return Optional.of(started.stage());
    }
    if (event instanceof ProgressEvent.StageFinished finished) {
      return Optional.of(
          "%s: done in %s".formatted(finished.stage(), Words.duration(finished.seconds())));
    }
    if (event instanceof ProgressEvent.BlockEpoch epoch) {
      return Optional.of(Words.epoch(epoch));
    }
    return Optional.empty();
  }
}
