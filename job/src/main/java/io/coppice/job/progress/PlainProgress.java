package io.coppice.job.progress;

import java.io.PrintStream;
import java.time.Clock;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;

/**
 * Prints a line for each event, for logs and files; none for a task's end, of which others tell,
 * and none for how busy processes are.
 */
public final class PlainProgress implements Progress {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");

  private final PrintStream err;
  private final Clock clock;

  /** Prints to a stream; each line begins with the clock's time of day. */
  public PlainProgress(PrintStream err, Clock clock) {
    this.err = err;
    this.clock = clock;
  }

  @Override
  public synchronized void report(ProgressEvent event) {
    if (event instanceof ProgressEvent.TaskFinished || event instanceof ProgressEvent.CoresBusy) {
      return;
    }
    err.println(LocalTime.now(clock).format(TIME) + " " + ProgressText.line(event));
  }

  @Override
  public void close() {
    err.flush();
  }
}
