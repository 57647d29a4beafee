package io.coppice.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Off-heap memory for the tensors of one task, freed all at once.
 *
 * <p>Memory is 64-byte aligned and zeroed. An arena has a budget in bytes: a stage states what it
 * needs, and an allocation that would exceed it fails with a sentence that names the budget.
 * Tensors must not be used after their arena is closed. An arena belongs to one thread.
 *
 * <p>What is needed for part of that time only is taken from a {@link #scope}, which is closed
 * earlier. An arena's budget and {@link #peak()} include its open scopes.
 *
 * <p>How much something takes is known before it is made by making it on an arena that only counts
 * ({@link #measure}), so that nobody has to keep a formula in step with the allocations.
 */
public final class Arena implements AutoCloseable {
  private static final int ALIGNMENT = 64;
  private static final AtomicLong IN_USE = new AtomicLong();
  private static final AtomicLong PEAK = new AtomicLong();

  private final String name;
  private final long budget;
  private final boolean counting;
  private final Optional<Arena> parent;
  private final List<Long> blocks = new ArrayList<>();
  private long held;
  private long peak;
  private boolean closed;

  /**
   * @param name what the memory is for, used in messages
   * @param budget the most bytes that may be allocated
   */
  public Arena(String name, long budget) {
    this(name, budget, false, Optional.empty());
  }

  private Arena(String name, long budget, boolean counting, Optional<Arena> parent) {
    if (budget < 0) {
      throw new IllegalArgumentException("An arena's budget must not be negative: " + budget);
    }
    this.name = name;
    this.budget = budget;
    this.counting = counting;
    this.parent = parent;
  }

  /**
   * An arena that takes no memory and only counts what is asked for. Its tensors have shapes and no
   * elements: reading or writing one is an {@link IllegalStateException}.
   */
  public static Arena counting(String name) {
    return new Arena(name, Long.MAX_VALUE, true, Optional.empty());
  }

  /**
   * The most bytes that something holds at one time.
   *
   * @param allocation makes it, on an arena that only counts
   */
  public static long measure(Consumer<Arena> allocation) {
    try (Arena arena = counting("measuring")) {
      allocation.accept(arena);
      return arena.peak();
    }
  }

  /** The most bytes that all arenas of this process held at one time since the last reset. */
  public static long peakBytes() {
    return PEAK.get();
  }

  /** Forgets the peak up to now. */
  public static void resetPeak() {
    PEAK.set(IN_USE.get());
  }

  /** An arena that is bounded by the machine only. */
  public static Arena unbounded(String name) {
    return new Arena(name, Long.MAX_VALUE);
  }

  /** A zeroed tensor of {@code rows} × {@code columns}, its rows adjacent. */
  public Tensor tensor(int rows, int columns) {
    requireShape(rows, columns);
    long bytes = Math.multiplyExact((long) rows * columns, (long) Float.BYTES);
    return new Tensor(allocate(bytes), rows, columns, columns);
  }

  /** A zeroed bfloat16 tensor of {@code rows} × {@code columns}, its rows adjacent. */
  public Bf16Tensor bf16(int rows, int columns) {
    requireShape(rows, columns);
    long bytes = Math.multiplyExact((long) rows * columns, (long) Short.BYTES);
    return new Bf16Tensor(allocate(bytes), rows, columns, columns);
  }

  /** A zeroed tensor of one row. */
  public Tensor vector(int length) {
    return tensor(1, length);
  }

  /** An arena for part of this one's time, to be closed before it; counts if this one does. */
  public Arena scope(String purpose) {
    requireOpen();
    return new Arena(purpose, Long.MAX_VALUE, counting, Optional.of(this));
  }

  /** Bytes that are given out now, by open scopes too. */
  public long allocatedBytes() {
    return held;
  }

  /** The most bytes that were given out at one time, by scopes too. */
  public long peak() {
    return peak;
  }

  private static void requireShape(int rows, int columns) {
    if (rows < 0 || columns < 0) {
      throw new IllegalArgumentException("Shape must not be negative: " + rows + " x " + columns);
    }
  }

  private long allocate(long bytes) {
    take(bytes);
    if (counting) {
      return Memory.NONE;
    }
    long block = Memory.allocate(bytes + ALIGNMENT);
    blocks.add(block);
    long inUse = IN_USE.addAndGet(bytes);
    PEAK.accumulateAndGet(inUse, Math::max);
    long aligned = (block + ALIGNMENT - 1) & -ALIGNMENT;
    Memory.zero(aligned, bytes);
    return aligned;
  }

  private void take(long bytes) {
    requireOpen();
    if (bytes > budget - held) {
      throw new OutOfMemoryError(
          "The memory for %s is limited to %d bytes; %d are in use and %d more were asked for"
              .formatted(name, budget, held, bytes));
    }
    parent.ifPresent(outer -> outer.take(bytes));
    held += bytes;
    peak = Math.max(peak, held);
  }

  private void giveBack(long bytes) {
    parent.ifPresent(outer -> outer.giveBack(bytes));
    held -= bytes;
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("The arena for " + name + " is closed");
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    blocks.forEach(Memory::free);
    blocks.clear();
    if (!counting) {
      IN_USE.addAndGet(-held);
    }
    giveBack(held);
  }
}
