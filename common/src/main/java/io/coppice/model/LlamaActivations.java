package io.coppice.model;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.util.function.UnaryOperator;

/**
 * What a LLaMA block's forward pass keeps for its backward pass, one row per token (statistics: one
 * column per token), and the backward pass's scratch, which has no rows in an inference block.
 */
record LlamaActivations(
    Tensor inputRms,
    Tensor normedInput,
    Tensor query,
    Tensor key,
    Tensor value,
    Tensor attended,
    Tensor logSumExp,
    Tensor hidden,
    Tensor hiddenRms,
    Tensor normedHidden,
    Tensor gate,
    Tensor up,
    Tensor activation,
    Tensor normedGradient,
    Tensor queryGradient,
    Tensor keyGradient,
    Tensor valueGradient,
    Tensor attendedGradient,
    Tensor gateGradient,
    Tensor activationGradient) {

  static LlamaActivations allocate(LlamaModel model, Arena arena, int tokens, boolean training) {
    int hiddenSize = model.hiddenSize();
    int queries = model.heads() * model.headSize();
    int keys = model.keyValueHeads() * model.headSize();
    int intermediate = model.intermediateSize();
    int backward = training ? tokens : 0;
    return new LlamaActivations(
        arena.vector(tokens),
        arena.tensor(tokens, hiddenSize),
        arena.tensor(tokens, queries),
        arena.tensor(tokens, keys),
        arena.tensor(tokens, keys),
        arena.tensor(tokens, queries),
        arena.tensor(model.heads(), tokens),
        arena.tensor(tokens, hiddenSize),
        arena.vector(tokens),
        arena.tensor(tokens, hiddenSize),
        arena.tensor(tokens, intermediate),
        arena.tensor(tokens, intermediate),
        arena.tensor(tokens, intermediate),
        arena.tensor(backward, hiddenSize),
        arena.tensor(backward, queries),
        arena.tensor(backward, keys),
        arena.tensor(backward, keys),
        arena.tensor(backward, queries),
        arena.tensor(backward, intermediate),
        arena.tensor(backward, intermediate));
  }

  int tokens() {
    return normedInput.rows();
  }

  /** The same memory, for the first {@code tokens} tokens. */
  LlamaActivations first(int tokens) {
    UnaryOperator<Tensor> rows = tensor -> tensor.rows(0, Math.min(tokens, tensor.rows()));
    UnaryOperator<Tensor> columns = tensor -> tensor.columns(0, tokens);
    return new LlamaActivations(
        columns.apply(inputRms),
        rows.apply(normedInput),
        rows.apply(query),
        rows.apply(key),
        rows.apply(value),
        rows.apply(attended),
        columns.apply(logSumExp),
        rows.apply(hidden),
        columns.apply(hiddenRms),
        rows.apply(normedHidden),
        rows.apply(gate),
        rows.apply(up),
        rows.apply(activation),
        rows.apply(normedGradient),
        rows.apply(queryGradient),
        rows.apply(keyGradient),
        rows.apply(valueGradient),
        rows.apply(attendedGradient),
        rows.apply(gateGradient),
        rows.apply(activationGradient));
  }
}
