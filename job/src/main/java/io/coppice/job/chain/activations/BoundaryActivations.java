package io.coppice.job.chain.activations;

import io.coppice.reconstruct.ActivationReader;
import io.coppice.tensor.Tensor;
import java.io.Serializable;

/** The published activations of one boundary; sent to tasks, which open it. */
public interface BoundaryActivations extends Serializable {

  /** A reader for one task, which closes it. */
  Reader open();

  /** A reader for one task that reads windows again and again, as {@link #open} otherwise. */
  default Reader openForEpochs() {
    return open();
  }

  /** Releases the activations; called on the driver when no task needs them any more. */
  void release();

  /** Reads windows of a boundary. */
  interface Reader extends ActivationReader, AutoCloseable {
    @Override
    void read(int window, Tensor destination);

    @Override
    void close();
  }
}
