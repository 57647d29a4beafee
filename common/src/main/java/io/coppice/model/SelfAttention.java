package io.coppice.model;

import io.coppice.kernel.CachedAttention;
import io.coppice.kernel.CausalAttention;
import io.coppice.kernel.CausalAttention.Attended;
import io.coppice.kernel.HeadShape;
import io.coppice.kernel.QueryKeyValue;
import io.coppice.kernel.RotaryEmbedding;
import io.coppice.model.DecoderBlock.LinearInputs;
import io.coppice.tensor.Tensor;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The attention branch of a block, with its scratch memory. For x of n × hidden_size,
 *
 * <pre>
 * attention(rope(norm(x·Wqᵀ)), rope(norm(x·Wkᵀ)), x·Wvᵀ)·Woᵀ
 * </pre>
 *
 * <p>where the family decides whether there is a rope, and a norm of every head by itself.
 */
final class SelfAttention {
  private final Projections layers;
  private final Positions positions;
  private final CausalAttention attention;
  private final CachedAttention cachedAttention;
  private final FactorRows inputFactors;
  private final FactorRows attendedFactors;
  private final FactorRows gradientFactors;
  private final Views all;
  private final Supplier<Views> sequence;
  private Views current;
  private Optional<Views> unpacked = Optional.empty();

  SelfAttention(
      int hiddenSize,
      HeadShape shape,
      Projections layers,
      Positions positions,
      BlockWorkspace workspace) {
    this.layers = layers;
    this.positions = positions;
    attention =
        new CausalAttention(
            shape,
            workspace.blas(),
            workspace.precision(),
            workspace.arena(),
            workspace.maxSequenceLength());
    cachedAttention =
        new CachedAttention(
            shape, workspace.blas(), workspace.arena(), workspace.maxSequenceLength());
    inputFactors = workspace.factors(hiddenSize);
    attendedFactors = workspace.factors(shape.queryWidth());
    gradientFactors = workspace.backwardFactors(Math.max(hiddenSize, shape.queryWidth()));
    all = Views.allocate(shape, workspace, workspace.maxTokens());
    sequence = () -> Views.allocate(shape, workspace, workspace.maxSequenceLength());
    current = all;
  }

  /** The linear layers; query, key and value have the same input. */
  record Projections(LinearLayer query, LinearLayer key, LinearLayer value, LinearLayer output) {}

  /** The operations on queries and keys before their product. */
  record Positions(
      Optional<HeadNorm> queryNorm, Optional<HeadNorm> keyNorm, Optional<RotaryEmbedding> rope) {

    /** No operation: the positions are in the embedding. */
    static Positions none() {
      return new Positions(Optional.empty(), Optional.empty(), Optional.empty());
    }
  }

  /**
   * The scratch memory for a number of tokens; gradients have no rows where there is no backward.
   */
  private record Views(
      QueryKeyValue operands, Attended attended, QueryKeyValue gradients, Tensor attendedGradient) {

    static Views allocate(HeadShape shape, BlockWorkspace workspace, int tokens) {
      int trained = workspace.training() ? tokens : 0;
      return new Views(
          operands(shape, workspace, tokens),
          new Attended(
              workspace.arena().tensor(tokens, shape.queryWidth()),
              workspace.arena().tensor(shape.heads(), tokens)),
          operands(shape, workspace, trained),
          workspace.arena().tensor(trained, shape.queryWidth()));
    }

    private static QueryKeyValue operands(HeadShape shape, BlockWorkspace workspace, int rows) {
      return new QueryKeyValue(
          workspace.arena().tensor(rows, shape.queryWidth()),
          workspace.arena().tensor(rows, shape.keyWidth()),
          workspace.arena().tensor(rows, shape.keyWidth()));
    }

    int tokens() {
      return operands.query().rows();
    }

    Views first(int tokens) {
      return new Views(
          first(operands, tokens),
          new Attended(attended.output().rows(0, tokens), attended.logSumExp().columns(0, tokens)),
          first(gradients, tokens),
          first(attendedGradient, tokens));
    }

    private static QueryKeyValue first(QueryKeyValue all, int tokens) {
      return new QueryKeyValue(
          first(all.query(), tokens), first(all.key(), tokens), first(all.value(), tokens));
    }

    private static Tensor first(Tensor all, int tokens) {
      return all.rows(0, Math.min(tokens, all.rows()));
    }
  }

  /**
   * Adds the branch to {@code sum}, and keeps the values that the backward needs.
   *
   * @param sequenceLength T, in tokens; divides the rows of {@code input}
   */
  void forward(
      BlockWeights weights,
      Tensor input,
      int sequenceLength,
      Tensor sum,
      LinearInputs linearInputs) {
    Views v = views(input.rows());
    linearInputs.observe(layers.query().input(), input);
    project(weights, input, v.operands);
    positions.rope().ifPresent(rope -> rope.forward(v.operands.query(), sequenceLength));
    positions.rope().ifPresent(rope -> rope.forward(v.operands.key(), sequenceLength));
    attention.forward(v.operands, sequenceLength, v.attended, weights.precision());
    linearInputs.observe(layers.output().input(), v.attended.output());
    layers.output().forwardAdding(weights, attendedFactors.of(v.attended.output(), weights), sum);
  }

  /**
   * Adds the branch to {@code sum} for packed sequences. Each is unpacked by itself for attention
   * alone, with memory for the longest sequence that is taken when it is first needed.
   */
  void forwardPacked(BlockWeights weights, Tensor input, PackedSequences packed, Tensor sum) {
    Views v = views(input.rows());
    project(weights, input, v.operands);
    if (unpacked.isEmpty()) {
      unpacked = Optional.of(sequence.get());
    }
    for (PackedSequences.Sequence rows : packed.sequences()) {
      Views alone = unpacked.orElseThrow().first(rows.length());
      unpack(v.operands.query(), rows, alone.operands.query());
      unpack(v.operands.key(), rows, alone.operands.key());
      unpack(v.operands.value(), rows, alone.operands.value());
      positions.rope().ifPresent(rope -> rope.forward(alone.operands.query(), rows.length()));
      positions.rope().ifPresent(rope -> rope.forward(alone.operands.key(), rows.length()));
      attention.forward(alone.operands, rows.length(), alone.attended, weights.precision());
      v.attended
          .output()
          .rows(rows.row(), rows.own())
          .copyFrom(alone.attended.output().rows(rows.shared(), rows.own()));
    }
    layers.output().forwardAdding(weights, attendedFactors.of(v.attended.output(), weights), sum);
  }

  private static void unpack(Tensor all, PackedSequences.Sequence rows, Tensor sequence) {
    sequence.rows(0, rows.shared()).copyFrom(all.rows(rows.sharedRow(), rows.shared()));
    sequence.rows(rows.shared(), rows.own()).copyFrom(all.rows(rows.row(), rows.own()));
  }

  /**
   * Adds the branch to {@code sum} for one more token of each of B sequences, and puts its keys and
   * values into the cache.
   *
   * @param input B × hidden_size
   */
  void decode(BlockWeights weights, Tensor input, int position, KeyValueCache cache, Tensor sum) {
    Views v = views(input.rows());
    Tensor query = v.operands.query();
    Tensor key = v.operands.key();
    project(weights, input, v.operands);
    positions.rope().ifPresent(rope -> rope.forwardAt(query, position));
    positions.rope().ifPresent(rope -> rope.forwardAt(key, position));
    cache.put(position, key, v.operands.value());
    Tensor attended = v.attended.output();
    cachedAttention.forward(query, cache.keys(), cache.values(), position, attended);
    layers.output().forwardAdding(weights, attendedFactors.of(attended, weights), sum);
  }

  /** From the branch's input to queries, keys and values, which are not rotated yet. */
  private void project(BlockWeights weights, Tensor input, QueryKeyValue operands) {
    Factor factor = inputFactors.of(input, weights);
    layers.query().forward(weights, factor, operands.query());
    layers.key().forward(weights, factor, operands.key());
    layers.value().forward(weights, factor, operands.value());
    positions.queryNorm().ifPresent(norm -> norm.forward(weights, operands.query()));
    positions.keyNorm().ifPresent(norm -> norm.forward(weights, operands.key()));
  }

  /**
   * Gradients for the input given to the last {@link #forward}.
   *
   * @param branch the branch's input, and the place of its gradient, which is overwritten
   * @param sumGradient gradient of the sum that the branch was added to
   */
  void backward(
      BlockWeights weights,
      BranchInput branch,
      int sequenceLength,
      Tensor sumGradient,
      WeightGradients gradients) {
    Views v = views(branch.input().rows());
    Factor upstream = gradientFactors.of(sumGradient, weights);
    layers.output().backwardInput(weights, upstream, v.attendedGradient);
    layers
        .output()
        .backwardWeights(upstream, attendedFactors.held(v.attended.output(), weights), gradients);
    attention.backward(
        v.operands,
        v.attended,
        v.attendedGradient,
        sequenceLength,
        weights.precision(),
        v.gradients);
    Tensor queryGradient = v.gradients.query();
    Tensor keyGradient = v.gradients.key();
    positions.rope().ifPresent(rope -> rope.backward(queryGradient, sequenceLength));
    positions.rope().ifPresent(rope -> rope.backward(keyGradient, sequenceLength));
    positions.queryNorm().ifPresent(norm -> norm.backward(weights, queryGradient, gradients));
    positions.keyNorm().ifPresent(norm -> norm.backward(weights, keyGradient, gradients));
    Factor input = inputFactors.held(branch.input(), weights);
    Factor ofQuery = gradientFactors.of(queryGradient, weights);
    layers.query().backwardInput(weights, ofQuery, branch.gradient());
    layers.query().backwardWeights(ofQuery, input, gradients);
    Factor ofKey = gradientFactors.of(keyGradient, weights);
    layers.key().backwardInputAdding(weights, ofKey, branch.gradient());
    layers.key().backwardWeights(ofKey, input, gradients);
    Factor ofValue = gradientFactors.of(v.gradients.value(), weights);
    layers.value().backwardInputAdding(weights, ofValue, branch.gradient());
    layers.value().backwardWeights(ofValue, input, gradients);
  }

  /** Views of the first {@code tokens} rows; created again only when the batch size changes. */
  private Views views(int tokens) {
    if (current.tokens() != tokens) {
      current = all.first(tokens);
    }
    return current;
  }
}
