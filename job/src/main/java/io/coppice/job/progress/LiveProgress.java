package io.coppice.job.progress;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Shows the state of a run on a terminal, in a few lines that are drawn again and again. */
public final class LiveProgress implements Progress {
  private final ProgressState state = new ProgressState();
  private final StatusStream terminal;
  private final PrintStream messages;
  private final LongSupplier nanoTime;
  private final ScheduledExecutorService timer;
  private long stageStart;
  private boolean closed;

  /**
   * Takes over a terminal until closed.
   *
   * @param err the terminal
   * @param nanoTime a clock like {@link System#nanoTime}
   */
  public LiveProgress(PrintStream err, LongSupplier nanoTime) {
    this.terminal = new StatusStream(err);
    this.messages = new PrintStream(terminal, true, StandardCharsets.UTF_8);
    this.nanoTime = nanoTime;
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "coppice-progress");
              thread.setDaemon(true);
              return thread;
            });
    ScheduledFuture<?> unused = timer.scheduleWithFixedDelay(this::draw, 1, 1, TimeUnit.SECONDS);
  }

  /** Takes over the process's standard error, log lines included, until closed. */
  public static Progress onStandardError() {
    PrintStream err = System.err;
    LiveProgress live = new LiveProgress(err, System::nanoTime);
    System.setErr(live.messages());
    return new Progress() {
      @Override
      public void report(ProgressEvent event) {
        live.report(event);
      }

      @Override
      public void close() {
        live.close();
        System.setErr(err);
      }
    };
  }

  /** The stream by which others write to this terminal: their lines appear above the status. */
  public PrintStream messages() {
    return messages;
  }

  @Override
  public synchronized void report(ProgressEvent event) {
    if (closed) {
      return;
    }
    state.accept(event);
    if (event instanceof ProgressEvent.StageStarted) {
      stageStart = nanoTime.getAsLong();
    }
    draw();
    if (event instanceof ProgressEvent.StageFinished) {
      messages.println(ProgressText.line(event));
    }
  }

  @Override
  public synchronized void close() {
    timer.shutdownNow();
    closed = true;
    show(List.of());
  }

  private synchronized void draw() {
    // The timer may have been waiting while this was closed.
    if (closed) {
      return;
    }
    show(new StatusLines(state).after((nanoTime.getAsLong() - stageStart) / 1e9));
  }

  private synchronized void show(List<String> lines) {
    try {
      terminal.show(lines);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write to the terminal", e);
    }
  }
}
