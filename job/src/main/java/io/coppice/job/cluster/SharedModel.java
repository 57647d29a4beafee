package io.coppice.job.cluster;

import io.coppice.model.ModelInMemory;
import io.coppice.tensor.Arena;
import java.io.Serializable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A model's weights in float32, in memory once in a process and shared by its tasks.
 *
 * <p>To be broadcast: only the place of the weights travels, and Spark hands the same object to all
 * tasks of an executor. The first lease reads the weights; they are freed some seconds after the
 * last one ends, so that they need not be read again between one task and the next.
 */
public final class SharedModel implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final long IDLE_SECONDS = 10;

  private final ModelOnCluster source;
  private transient Loaded loaded;
  private transient int leases;

  public SharedModel(ModelOnCluster source) {
    this.source = source;
  }

  private record Loaded(Arena arena, ModelInMemory weights) {}

  /** The right to use the weights until it is closed. */
  public final class Lease implements AutoCloseable {
    private final ModelInMemory weights;
    private boolean closed;

    private Lease(ModelInMemory weights) {
      this.weights = weights;
    }

    public ModelInMemory weights() {
      return weights;
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        release();
      }
    }
  }

  /**
   * Leases the weights, and waits until they are read.
   *
   * @throws io.coppice.failure.UsageException if this machine has too little memory
   * @throws io.coppice.failure.InvalidDataException if they are broken
   */
  public synchronized Lease open() {
    if (loaded == null) {
      OffHeapMemory.ofThisMachine().require("The dense model", ModelInMemory.bytes(source.model()));
      loaded = load();
    }
    leases++;
    return new Lease(loaded.weights());
  }

  private Loaded load() {
    Arena arena = Arena.unbounded("the dense model");
    try {
      return new Loaded(
          arena, ModelInMemory.read(source.model(), source.checkpoint()::read, arena));
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  private synchronized void release() {
    leases--;
    if (leases == 0) {
      CompletableFuture.delayedExecutor(IDLE_SECONDS, TimeUnit.SECONDS).execute(this::freeIfIdle);
    }
  }

  /** Frees the weights of this process now, unless a task uses them. */
  public synchronized void freeIfIdle() {
    if (leases == 0 && loaded != null) {
      loaded.arena().close();
      loaded = null;
    }
  }
}
