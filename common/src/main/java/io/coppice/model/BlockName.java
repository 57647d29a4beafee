package io.coppice.model;

import java.io.Serializable;

/**
 * The name of a block, from which the names of its tensors and of its layers' inputs are derived.
 *
 * @param prefix the beginning of all these names: {@code model.layers.3.}
 */
public record BlockName(String prefix) implements Serializable {

  /** The name of one of the block's weights in the checkpoint. */
  public String of(WeightShape weight) {
    return prefix + weight.name();
  }

  /**
   * The name of an input of the block's layers, for messages.
   *
   * @param input a {@link WeightShape#input()}
   */
  public String ofInput(String input) {
    return prefix + input;
  }

  /** The prefix. */
  @Override
  public String toString() {
    return prefix;
  }
}
