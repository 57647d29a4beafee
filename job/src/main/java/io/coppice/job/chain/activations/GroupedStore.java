package io.coppice.job.chain.activations;

import io.coppice.tensor.Tensor;
import java.io.Serializable;
import java.util.List;

/**
 * A store, and the groups that a run's windows are kept in.
 *
 * @param store keeps the activations
 * @param groups of all windows
 */
public record GroupedStore(ActivationStore store, WindowGroups groups) implements Serializable {

  /** As {@link ActivationStore#put}. */
  public byte[] put(String chain, int boundary, int group, Tensor activations) {
    return store.put(chain, boundary, group, activations);
  }

  /** As {@link ActivationStore#publish}. */
  public BoundaryActivations publish(String chain, int boundary, List<byte[]> pieces) {
    return store.publish(chain, boundary, groups, pieces);
  }
}
