package io.coppice.job.chain.activations;

import io.coppice.tensor.Tensor;
import java.io.Serializable;
import java.util.List;

/**
 * Keeps the activations of all windows at the block boundaries of a chain.
 *
 * <p>Windows are kept in groups, the groups of one pass's tasks. A task puts the activations that
 * it computed; the piece that {@link #put} returns travels to the driver with the task's result,
 * and the driver publishes the boundary when it has all groups.
 */
public interface ActivationStore extends Serializable {

  /**
   * Keeps a group's activations; called on an executor.
   *
   * @param chain the name of the chain, such as {@code dense}
   * @param boundary 0 for the embedding, i for the output of block i − 1
   * @param activations the group's windows in order, count·T × hidden_size
   * @return a piece that the driver needs to publish them; empty if the store itself keeps them
   */
  byte[] put(String chain, int boundary, int group, Tensor activations);

  /**
   * Makes a boundary readable from tasks; called on the driver.
   *
   * @param pieces results of {@link #put}, by group
   */
  BoundaryActivations publish(String chain, int boundary, WindowGroups groups, List<byte[]> pieces);

  /** Describes the store, for the log. */
  String description();
}
