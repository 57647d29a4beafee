package io.coppice.model;

import java.io.Serializable;

/**
 * One weight of a decoder block, or outside the blocks.
 *
 * @param name the tensor's name inside its block: {@code self_attn.q_proj.weight}; outside, its
 *     name in the checkpoint
 * @param rows output features; 1 for a vector
 * @param columns input features, or the vector's length
 * @param input the activation of the block that the layer multiplies; layers with the same input
 *     share their statistics. Empty for weights that are never pruned, such as norms.
 */
public record WeightShape(String name, int rows, int columns, String input)
    implements Serializable {

  /** A weight of a linear layer, which may be pruned. */
  static WeightShape linear(String name, int rows, int columns, String input) {
    return new WeightShape(name, rows, columns, input);
  }

  /** A matrix that always stays dense. */
  static WeightShape matrix(String name, int rows, int columns) {
    return new WeightShape(name, rows, columns, "");
  }

  /** A vector that always stays dense. */
  static WeightShape vector(String name, int length) {
    return new WeightShape(name, 1, length, "");
  }

  /** Whether this weight may be pruned. */
  public boolean isPrunable() {
    return !input.isEmpty();
  }

  /** The number of elements. */
  public long size() {
    return (long) rows * columns;
  }
}
