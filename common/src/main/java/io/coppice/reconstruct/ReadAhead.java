package io.coppice.reconstruct;

import io.coppice.model.BlockFactory;
import io.coppice.tensor.Arena;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.slf4j.MDC;

/**
 * Reads micro-batches of training data one ahead: while the caller computes with one, a thread
 * reads the next one into a second room. They are read one after the other, in the order in which
 * they are used, so what is read does not depend on who is faster.
 *
 * <p>Belongs to one thread. Once it is closed its own thread has ended, and nothing writes into the
 * rooms any more.
 */
final class ReadAhead implements AutoCloseable {
  private static final String THREAD = "coppice-read-ahead";

  private final BlockFactory factory;
  private final Rooms rooms;
  private final TrainingData data;
  private final ExecutorService reader;
  private long waitedNanos;

  /** Room for the micro-batch that is used, and for the next one. */
  record Rooms(MicroBatch even, MicroBatch odd) {

    /**
     * Takes the memory from an arena.
     *
     * @param windows the most in a micro-batch
     */
    static Rooms allocate(BlockFactory factory, int windows, Arena arena) {
      return new Rooms(
          MicroBatch.allocate(factory, windows, arena),
          MicroBatch.allocate(factory, windows, arena));
    }

    private MicroBatch of(int index) {
      return index % 2 == 0 ? even : odd;
    }
  }

  ReadAhead(BlockFactory factory, Rooms rooms, TrainingData data) {
    this.factory = factory;
    this.rooms = rooms;
    this.data = data;
    Optional<Map<String, String>> logContext = Optional.ofNullable(MDC.getCopyOfContextMap());
    reader =
        Executors.newSingleThreadExecutor(
            work -> {
              Thread thread =
                  new Thread(
                      () -> {
                        logContext.ifPresent(MDC::setContextMap);
                        work.run();
                      },
                      THREAD);
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Begins to read micro-batches, after all of the pass before were taken.
   *
   * @param windows of each micro-batch, in the order in which they are used
   * @param epoch as {@link TrainingData#read} takes it
   */
  Pass pass(List<int[]> windows, int epoch) {
    return new Pass(windows, epoch);
  }

  /** Seconds in which callers of {@link Pass#next} have waited so far. */
  double secondsWaited() {
    return waitedNanos / 1e9;
  }

  /** One pass over some windows. */
  final class Pass {
    private final List<int[]> windows;
    private final int epoch;
    private int begun;
    private Optional<Future<MicroBatch>> reading = Optional.empty();

    private Pass(List<int[]> windows, int epoch) {
      this.windows = List.copyOf(windows);
      this.epoch = epoch;
      readOn();
    }

    private void readOn() {
      if (begun < windows.size()) {
        int[] next = windows.get(begun);
        MicroBatch room = rooms.of(begun).first(factory, next.length);
        reading =
            Optional.of(
                reader.submit(
                    () -> {
                      data.read(next, epoch, room.input(), room.target());
                      return room;
                    }));
        begun++;
      } else {
        reading = Optional.empty();
      }
    }

    /**
     * The next micro-batch; the one before must not be used any more. What goes wrong in reading it
     * is thrown here.
     */
    MicroBatch next() {
      long asked = System.nanoTime();
      MicroBatch read = await(reading.orElseThrow());
      waitedNanos += System.nanoTime() - asked;
      readOn();
      data.complete(read.input(), read.target());
      return read;
    }
  }

  private static <T> T await(Future<T> reading) {
    try {
      return reading.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      InterruptedIOException stopped =
          new InterruptedIOException("The task was stopped while it waited for activations");
      stopped.initCause(e);
      throw new UncheckedIOException(stopped);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      if (e.getCause() instanceof Error failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Ends the thread, and waits until it has ended: a reading may be on its way. */
  @Override
  public void close() {
    reader.shutdownNow();
    boolean interrupted = false;
    boolean ended = false;
    while (!ended) {
      try {
        ended = reader.awaitTermination(1, TimeUnit.MINUTES);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
