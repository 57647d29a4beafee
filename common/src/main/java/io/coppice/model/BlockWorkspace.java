package io.coppice.model;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;

/**
 * The memory and the products of a block's parts, with the largest size they must have room for.
 *
 * @param maxTokens rows of the largest batch
 * @param maxSequenceLength tokens of the longest sequence
 * @param training whether there will be a backward
 */
public record BlockWorkspace(
    Blas blas, Arena arena, int maxTokens, int maxSequenceLength, boolean training) {

  /** A workspace for a block that computes outputs only. */
  public static BlockWorkspace forInference(
      Blas blas, Arena arena, int maxTokens, int maxSequenceLength) {
    return new BlockWorkspace(blas, arena, maxTokens, maxSequenceLength, false);
  }

  /** A workspace for a block that computes gradients too. */
  public static BlockWorkspace forTraining(
      Blas blas, Arena arena, int maxTokens, int maxSequenceLength) {
    return new BlockWorkspace(blas, arena, maxTokens, maxSequenceLength, true);
  }

  /** Memory with a row of a number of columns for each token, for the forward. */
  TokenRows rows(int columns) {
    return new TokenRows(arena.tensor(maxTokens, columns));
  }

  /** As {@link #rows}, but without any rows where there will be no backward. */
  TokenRows backwardRows(int columns) {
    return new TokenRows(arena.tensor(training ? maxTokens : 0, columns));
  }
}
