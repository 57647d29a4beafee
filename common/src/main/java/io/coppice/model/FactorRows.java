package io.coppice.model;

import io.coppice.tensor.Bf16Tensor;
import io.coppice.tensor.Blas;
import io.coppice.tensor.OperandBuffer;
import io.coppice.tensor.Tensor;

/** Makes {@link Factor}s, of at most so many tokens and features; rounds each once. */
final class FactorRows {
  private final Blas blas;
  private final OperandBuffer buffer;
  private final Bf16Tensor room;

  FactorRows(Blas blas, OperandBuffer buffer, Bf16Tensor room) {
    this.blas = blas;
    this.buffer = buffer;
    this.room = room;
  }

  /** The factor, until the next one is asked for. */
  Factor of(Tensor exact, BlockWeights weights) {
    return new Factor(exact, buffer.of(exact, weights.precision(), blas), room);
  }

  /** The factor that was made last, of the same tensor. */
  Factor held(Tensor exact, BlockWeights weights) {
    return new Factor(exact, buffer.held(exact, weights.precision()), room);
  }
}
