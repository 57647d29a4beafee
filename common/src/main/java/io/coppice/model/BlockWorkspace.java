package io.coppice.model;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.OperandBuffer;
import io.coppice.tensor.Precision;

/**
 * The memory and the products of a block's parts, with the largest size they must have room for.
 *
 * @param maxTokens rows of the largest batch
 * @param maxSequenceLength tokens of the longest sequence
 * @param training whether there will be a backward
 * @param precision the most that products will read: with bfloat16, float32 is possible too
 */
public record BlockWorkspace(
    Blas blas,
    Arena arena,
    int maxTokens,
    int maxSequenceLength,
    boolean training,
    Precision precision) {

  /** A workspace for a block that computes outputs only. */
  public static BlockWorkspace forInference(
      Blas blas, Arena arena, int maxTokens, int maxSequenceLength) {
    return new BlockWorkspace(blas, arena, maxTokens, maxSequenceLength, false, Precision.FLOAT32);
  }

  /** A workspace for a block that computes gradients too. */
  public static BlockWorkspace forTraining(
      Blas blas, Arena arena, int maxTokens, int maxSequenceLength) {
    return new BlockWorkspace(blas, arena, maxTokens, maxSequenceLength, true, Precision.FLOAT32);
  }

  /** The same for products that may read this format too. */
  public BlockWorkspace with(Precision other) {
    return new BlockWorkspace(blas, arena, maxTokens, maxSequenceLength, training, other);
  }

  /** Memory with a row of a number of columns for each token, for the forward. */
  TokenRows rows(int columns) {
    return new TokenRows(arena.tensor(maxTokens, columns));
  }

  /** Operands of products, of at most so many columns, for the forward and until the backward. */
  FactorRows factors(int columns) {
    return new FactorRows(
        blas, OperandBuffer.allocate(precision, arena, maxTokens, columns), arena.bf16(0, 0));
  }

  /** As {@link #factors}, for gradients. */
  FactorRows backwardFactors(int columns) {
    int tokens = training ? maxTokens : 0;
    return new FactorRows(
        blas,
        OperandBuffer.allocate(precision, arena, tokens, columns),
        Blas.roomToTranspose(precision, arena, tokens, columns));
  }

  /** As {@link #rows}, but without any rows where there will be no backward. */
  TokenRows backwardRows(int columns) {
    return new TokenRows(arena.tensor(training ? maxTokens : 0, columns));
  }
}
