package io.coppice.parallel;

import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Runs the pieces of a kernel on the calling thread and on threads of this pool that are free.
 *
 * <p>The caller always works on its own pieces, so a kernel never waits for another task's, and a
 * pool of one thread has no thread of its own; others start theirs at the first use. Whoever is
 * about to compute for a while {@linkplain #takeSeat takes a seat}: helpers use only the threads
 * that are left when every seat counts for one.
 *
 * <p><b>Same bytes.</b> The pool decides who computes a piece and when, never what a piece is: a
 * kernel cuts its work by the shape of the problem alone, lets no two pieces write to the same
 * place, and adds what several pieces sum up in the order of the pieces. Then the number of threads
 * does not show in its results.
 */
public final class KernelPool implements AutoCloseable {
  /**
   * The time for which a helper looks for more work before it sleeps; a kernel takes some
   * microseconds.
   */
  private static final long SPIN_NANOS = 50_000;

  private static final KernelPool SINGLE = new KernelPool(1);

  private final int threads;
  private final List<Thread> helpers = new CopyOnWriteArrayList<>();
  private final ConcurrentLinkedQueue<Region> regions = new ConcurrentLinkedQueue<>();
  private final AtomicInteger seats = new AtomicInteger();
  private final AtomicInteger helping = new AtomicInteger();
  private final AtomicInteger asleep = new AtomicInteger();
  private volatile boolean started;
  private volatile boolean closed;

  /** Work that has been cut into pieces. */
  @FunctionalInterface
  public interface Pieces {
    /**
     * Computes one piece.
     *
     * @param piece from 0, below the number of pieces
     * @param worker who computes it, from 0, below {@link KernelPool#threads()}: of all that work
     *     on these pieces, no other has this number, so it may choose scratch
     */
    void compute(int piece, int worker);
  }

  /**
   * @param threads how many threads compute at the same time, the callers' included; at least 1
   */
  public KernelPool(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("A pool needs at least one thread, got " + threads);
    }
    this.threads = threads;
  }

  private synchronized void startHelpers() {
    if (started || closed) {
      return;
    }
    for (int worker = 1; worker < threads; worker++) {
      int number = worker;
      Thread helper = new Thread(() -> help(number), "coppice-kernel-" + number);
      helper.setDaemon(true);
      helper.start();
      helpers.add(helper);
    }
    started = true;
  }

  /** The pool of the calling thread alone. */
  public static KernelPool single() {
    return SINGLE;
  }

  /** The most threads that compute at the same time. */
  public int threads() {
    return threads;
  }

  /** A place among the threads, held while the caller computes. */
  public Seat takeSeat() {
    seats.incrementAndGet();
    return new Seat(this);
  }

  /** A place among the pool's threads, given back when closed; closing it again has no effect. */
  public static final class Seat implements AutoCloseable {
    private final KernelPool pool;
    private final AtomicInteger held = new AtomicInteger(1);

    private Seat(KernelPool pool) {
      this.pool = pool;
    }

    @Override
    public void close() {
      if (held.getAndSet(0) == 1) {
        pool.seats.decrementAndGet();
        pool.wake();
      }
    }
  }

  /**
   * Computes all pieces and returns when they are done. What a piece throws is thrown here, after
   * the others have ended; of several failures, that of the lowest piece.
   *
   * @param count how many pieces there are, from 0 on
   */
  public void run(int count, Pieces pieces) {
    if (count <= 1 || closed || everySeatIsTaken()) {
      for (int piece = 0; piece < count; piece++) {
        pieces.compute(piece, 0);
      }
      return;
    }
    if (!started) {
      startHelpers();
    }
    Region region = new Region(count, pieces, Thread.currentThread());
    regions.add(region);
    wake();
    try {
      region.work(0);
    } finally {
      regions.remove(region);
      region.await();
    }
    region.throwFailure();
  }

  private void wake() {
    if (asleep.get() > 0 && mayHelp()) {
      helpers.forEach(LockSupport::unpark);
    }
  }

  private void help(int worker) {
    long idleSince = System.nanoTime();
    while (!closed) {
      if (helpOnce(worker)) {
        idleSince = System.nanoTime();
      } else if (System.nanoTime() - idleSince < SPIN_NANOS) {
        Thread.onSpinWait();
      } else {
        sleep();
        idleSince = System.nanoTime();
      }
    }
  }

  private void sleep() {
    asleep.incrementAndGet();
    try {
      // Between the last look and the count above a caller may have found nobody asleep.
      if (!closed && (regions.isEmpty() || !mayHelp())) {
        LockSupport.park(this);
      }
    } finally {
      asleep.decrementAndGet();
    }
  }

  private boolean helpOnce(int worker) {
    Region region = regions.peek();
    if (region == null || !enter()) {
      return false;
    }
    try {
      for (Region open : regions) {
        if (open.work(worker)) {
          return true;
        }
      }
      return false;
    } finally {
      helping.decrementAndGet();
    }
  }

  /** The threads that are for callers rather than for helpers: one at least. */
  private int callers() {
    return Math.max(1, seats.get());
  }

  /** Whether there is no thread for a helper, so that asking for help is not worth it. */
  private boolean everySeatIsTaken() {
    return callers() >= threads;
  }

  private boolean mayHelp() {
    return callers() + helping.get() < threads;
  }

  private boolean enter() {
    if (callers() + helping.incrementAndGet() <= threads) {
      return true;
    }
    helping.decrementAndGet();
    return false;
  }

  /** Whether somebody who took a seat since needs this helper's thread. */
  private boolean crowded() {
    return callers() + helping.get() > threads;
  }

  /** Ends the pool's threads; callers go on alone. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    helpers.forEach(LockSupport::unpark);
    boolean interrupted = false;
    for (Thread helper : helpers) {
      while (helper.isAlive() && !interrupted) {
        try {
          helper.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** One call of {@link #run}. */
  private final class Region {
    private final int count;
    private final Pieces pieces;
    private final Thread caller;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger done = new AtomicInteger();
    private int failedPiece = Integer.MAX_VALUE;
    private Throwable failure;

    Region(int count, Pieces pieces, Thread caller) {
      this.count = count;
      this.pieces = pieces;
      this.caller = caller;
    }

    /** Computes what is left; whether there was anything. */
    boolean work(int worker) {
      boolean worked = false;
      while (next.get() < count && (worker == 0 || !crowded())) {
        int piece = next.getAndIncrement();
        if (piece >= count) {
          break;
        }
        worked = true;
        compute(piece, worker);
        if (done.incrementAndGet() == count && worker != 0) {
          LockSupport.unpark(caller);
        }
      }
      return worked;
    }

    private void compute(int piece, int worker) {
      try {
        pieces.compute(piece, worker);
      } catch (Throwable e) { // the caller throws it
        synchronized (this) {
          if (piece < failedPiece) {
            failedPiece = piece;
            failure = e;
          }
        }
      }
    }

    /** Waits for pieces that helpers have begun. An interrupt is for the caller to see later. */
    void await() {
      long begun = System.nanoTime();
      boolean interrupted = false;
      while (done.get() < count) {
        if (System.nanoTime() - begun < SPIN_NANOS) {
          Thread.onSpinWait();
        } else {
          LockSupport.parkNanos(this, SPIN_NANOS);
          interrupted |= Thread.interrupted();
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    synchronized void throwFailure() {
      if (failure instanceof RuntimeException exception) {
        throw exception;
      }
      if (failure instanceof Error error) {
        throw error;
      }
      if (failure != null) {
        throw new IllegalStateException(failure);
      }
    }
  }
}
