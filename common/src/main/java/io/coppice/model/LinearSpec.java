package io.coppice.model;

import java.util.stream.Stream;

/**
 * A linear layer of a block by its names.
 *
 * @param name the beginning of its parameters' names inside the block: {@code self_attn.q_proj}
 * @param input the {@link WeightShape#input()} that it multiplies
 * @param hasBias whether it adds a bias
 */
record LinearSpec(String name, String input, boolean hasBias) {

  /** A layer without a bias. */
  static LinearSpec of(String name, String input) {
    return new LinearSpec(name, input, false);
  }

  /** The same layer with a bias. */
  LinearSpec withBias() {
    return new LinearSpec(name, input, true);
  }

  /** The names of its parameters. */
  ParameterNames parameters() {
    return ParameterNames.of(name);
  }

  /** The shapes of its parameters. */
  Stream<WeightShape> shapes(int rows, int columns) {
    WeightShape matrix = WeightShape.linear(parameters().weight(), rows, columns, input);
    return hasBias
        ? Stream.of(matrix, WeightShape.vector(parameters().bias(), rows))
        : Stream.of(matrix);
  }
}
