package io.coppice.model;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.util.function.UnaryOperator;

/**
 * What an OPT block's forward pass keeps for its backward pass, one row per token (logSumExp: one
 * column per token), and the backward pass's scratch, which has no rows in an inference block.
 */
record OptActivations(
    Tensor query,
    Tensor key,
    Tensor value,
    Tensor attended,
    Tensor logSumExp,
    Tensor hidden,
    Tensor activation,
    Tensor branchGradient,
    Tensor queryGradient,
    Tensor keyGradient,
    Tensor valueGradient,
    Tensor attendedGradient,
    Tensor activationGradient) {

  static OptActivations allocate(OptModel model, Arena arena, int tokens, boolean training) {
    int hiddenSize = model.hiddenSize();
    int backward = training ? tokens : 0;
    return new OptActivations(
        arena.tensor(tokens, hiddenSize),
        arena.tensor(tokens, hiddenSize),
        arena.tensor(tokens, hiddenSize),
        arena.tensor(tokens, hiddenSize),
        arena.tensor(model.heads(), tokens),
        arena.tensor(tokens, hiddenSize),
        arena.tensor(tokens, model.feedForwardSize()),
        arena.tensor(backward, hiddenSize),
        arena.tensor(backward, hiddenSize),
        arena.tensor(backward, hiddenSize),
        arena.tensor(backward, hiddenSize),
        arena.tensor(backward, hiddenSize),
        arena.tensor(backward, model.feedForwardSize()));
  }

  int tokens() {
    return hidden.rows();
  }

  /** The same memory, for the first {@code tokens} tokens. */
  OptActivations first(int tokens) {
    UnaryOperator<Tensor> rows = tensor -> tensor.rows(0, Math.min(tokens, tensor.rows()));
    return new OptActivations(
        rows.apply(query),
        rows.apply(key),
        rows.apply(value),
        rows.apply(attended),
        logSumExp.columns(0, tokens),
        rows.apply(hidden),
        rows.apply(activation),
        rows.apply(branchGradient),
        rows.apply(queryGradient),
        rows.apply(keyGradient),
        rows.apply(valueGradient),
        rows.apply(attendedGradient),
        rows.apply(activationGradient));
  }
}
