package io.coppice.job.chain.activations;

import io.coppice.tensor.Tensor;

/**
 * Reads each window from its source once, and then from the local disk, as far as that takes them.
 *
 * @param source closed with this
 * @param local closed with this
 */
record CachedReader(BoundaryActivations.Reader source, LocalWindows local)
    implements BoundaryActivations.Reader {

  @Override
  public void read(int window, Tensor destination) {
    if (!local.read(window, destination)) {
      source.read(window, destination);
      local.keep(window, destination);
    }
  }

  @Override
  public void close() {
    local.close();
    source.close();
  }
}
