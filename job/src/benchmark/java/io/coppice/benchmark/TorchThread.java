package io.coppice.benchmark;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.openblas.global.openblas;
import org.bytedeco.pytorch.global.torch;

/**
 * The thread that calls libtorch, because OpenMP keeps its number of threads for each thread that
 * calls it. OpenBLAS, whose float32 products libtorch uses, has one for the process, which is 1 for
 * Coppice: it is changed for each call.
 *
 * <p>This build's OpenBLAS knows nothing of OpenMP. Where libtorch calls it from several threads,
 * as its attention does, its own threads only get in the way; elsewhere they help. So each work is
 * timed with what serves it best: see {@link #settle}.
 */
final class TorchThread implements AutoCloseable {
  private static final int SETTLING_CALLS = 2;
  private static final double SETTLING_SECONDS = 0.3;

  /** Work that takes longer tells enough at its first call. */
  private static final double LONG_SECONDS = 3;

  private final int threads;
  private final PointerScope kept;
  private int blasThreads = 1;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          work -> {
            Thread made = new Thread(work, "libtorch");
            made.setDaemon(true);
            return made;
          });

  /**
   * @param threads that libtorch computes on
   */
  TorchThread(int threads) {
    this.threads = threads;
    kept =
        call(
            () -> {
              torch.set_num_threads(threads);
              return new PointerScope();
            });
  }

  /** Lets OpenBLAS use one thread or all of them from now on, whichever makes the work faster. */
  void settle(DoubleSupplier work) {
    if (threads == 1) {
      return;
    }
    blasThreads = threads;
    double all = fastest(work);
    blasThreads = 1;
    if (all < fastest(work)) {
      blasThreads = threads;
    }
  }

  private static double fastest(DoubleSupplier work) {
    double fastest = Double.MAX_VALUE;
    double sum = 0;
    for (int call = 0;
        sum < SETTLING_SECONDS || (call < SETTLING_CALLS && sum < LONG_SECONDS);
        call++) {
      double seconds = work.getAsDouble();
      fastest = Math.min(fastest, seconds);
      sum += seconds;
    }
    return fastest;
  }

  /** Threads of OpenBLAS's own. */
  int blasThreads() {
    return blasThreads;
  }

  /** The result of work whose tensors stay until this is closed. */
  <T> T call(Supplier<T> work) {
    int wanted = blasThreads;
    Future<T> result =
        thread.submit(
            () -> {
              openblas.blas_set_num_threads(wanted);
              try {
                return work.get();
              } finally {
                openblas.blas_set_num_threads(1);
              }
            });
    try {
      return result.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("libtorch failed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while libtorch computed", e);
    }
  }

  /** Work whose tensors are freed at its end. */
  void run(Runnable work) {
    seconds(work);
  }

  /** A number that comes of work whose tensors are freed at its end. */
  double number(DoubleSupplier work) {
    return call(
        () -> {
          try (PointerScope scope = new PointerScope()) {
            return work.getAsDouble();
          }
        });
  }

  /** Seconds of work whose tensors are freed at its end. */
  double seconds(Runnable work) {
    return number(() -> Turns.seconds(work));
  }

  @Override
  public void close() {
    call(
        () -> {
          kept.close();
          return kept;
        });
    thread.shutdownNow();
  }
}
