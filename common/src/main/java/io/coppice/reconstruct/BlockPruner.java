package io.coppice.reconstruct;

import io.coppice.model.BlockWeights;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.prune.FloatHessian;
import io.coppice.prune.Hessian;
import io.coppice.prune.InputStatistics;
import io.coppice.prune.LayerPattern;
import io.coppice.prune.LayerRefit;
import io.coppice.prune.PruneResult;
import io.coppice.prune.Pruner;
import io.coppice.prune.SparsityPattern;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Prunes the linear layers of a block, each in its pattern, and refits them if that is asked for.
 * As in the authors' code, the statistics of all layers come from one pass of the calibration
 * windows through the still dense block.
 *
 * <p>A refit needs a Hessian of every input, whatever the method: {@code 8 · columns²} bytes of
 * heap each, which SparseGPT takes anyway. Off-heap it adds {@link FloatHessian} and {@link
 * LayerRefit}'s scratch for one input at a time, and one layer's dense weight.
 */
public final class BlockPruner {
  private final LanguageModel model;
  private final Pruner pruner;
  private final Map<String, LayerPattern> patterns;
  private final Optional<LayerRefit> refit;

  /**
   * @param patterns of every prunable weight, by its name inside the block
   * @param refit what is done to a layer after pruning
   */
  public BlockPruner(
      LanguageModel model,
      Pruner pruner,
      Map<String, LayerPattern> patterns,
      Optional<LayerRefit> refit) {
    this.model = model;
    this.pruner = pruner;
    this.patterns = Map.copyOf(patterns);
    this.refit = refit;
  }

  /** One pattern for all prunable weights of a block. */
  public static Map<String, LayerPattern> uniform(LanguageModel model, LayerPattern pattern) {
    return model.blockWeights().stream()
        .filter(WeightShape::isPrunable)
        .collect(Collectors.toMap(WeightShape::name, shape -> pattern));
  }

  /**
   * Prunes {@code weights} in place.
   *
   * @param name the block's name, for messages
   * @param inputs the block's inputs
   * @param windows the calibration windows
   * @return what came of each prunable layer, in the order of the block's weights
   */
  public List<LayerOutcome> prune(
      String name,
      BlockWeights weights,
      ActivationReader inputs,
      int[] windows,
      int sequenceLength,
      Blas blas) {
    Map<String, ObservedInput> observed = new LinkedHashMap<>();
    try {
      observe(observed, name, blas);
      if ((pruner.needsInputs() || refit.isPresent()) && !observed.isEmpty()) {
        new InputPass(model, sequenceLength, blas)
            .run(
                weights,
                inputs,
                windows,
                (input, activations, sequences) ->
                    Optional.ofNullable(observed.get(input))
                        .ifPresent(seen -> seen.accumulate(activations, sequences)));
      }
      Map<String, LayerOutcome> outcomes = new HashMap<>();
      observed.forEach(
          (input, seen) ->
              pruneLayers(name, weights, input, seen)
                  .forEach(outcome -> outcomes.put(outcome.name(), outcome)));
      return model.blockWeights().stream()
          .filter(WeightShape::isPrunable)
          .map(
              shape ->
                  outcomes.computeIfAbsent(
                      shape.name(), dense -> dense(dense, weights.tensor(dense))))
          .toList();
    } finally {
      observed.values().forEach(ObservedInput::close);
    }
  }

  /** Empty statistics of every input that a layer to be pruned reads. */
  private void observe(Map<String, ObservedInput> observed, String name, Blas blas) {
    for (WeightShape shape : model.blockWeights()) {
      if (shape.isPrunable() && patterns.get(shape.name()) instanceof SparsityPattern) {
        observed.computeIfAbsent(
            shape.input(), input -> observedInput(name + input, shape.columns(), blas));
      }
    }
  }

  private ObservedInput observedInput(String input, int columns, Blas blas) {
    InputStatistics statistics = pruner.newStatistics(input, columns);
    return new ObservedInput(
        statistics,
        refit.map(
            any ->
                statistics instanceof Hessian hessian
                    ? hessian
                    : new Hessian(input, columns, blas)));
  }

  /** Prunes the layers that read an input. */
  private List<LayerOutcome> pruneLayers(
      String name, BlockWeights weights, String input, ObservedInput seen) {
    List<LayerOutcome> outcomes = new ArrayList<>();
    try (Arena arena = Arena.unbounded("the Hessian of " + name + input)) {
      // SparseGPT factors the Hessian in place, so the copy is made before.
      Optional<FloatHessian> hessian = seen.forRefit().map(full -> full.toFloat(arena));
      for (WeightShape shape : model.blockWeights()) {
        if (shape.input().equals(input)
            && patterns.get(shape.name()) instanceof SparsityPattern pattern) {
          outcomes.add(
              pruneLayer(name, weights, shape.name(), pattern, seen.forPruning(), hessian));
        }
      }
    }
    return outcomes;
  }

  private LayerOutcome pruneLayer(
      String name,
      BlockWeights weights,
      String layer,
      SparsityPattern pattern,
      InputStatistics statistics,
      Optional<FloatHessian> hessian) {
    Tensor weight = weights.tensor(layer);
    if (hessian.isEmpty()) {
      PruneResult result = pruner.prune(name + layer, weight, statistics, pattern);
      return new LayerOutcome(layer, pattern, result, Optional.empty());
    }
    try (Arena arena = Arena.unbounded("the dense weight of " + name + layer)) {
      Tensor dense = arena.tensor(weight.rows(), weight.columns());
      dense.copyFrom(weight);
      PruneResult result = pruner.prune(name + layer, weight, statistics, pattern);
      return new LayerOutcome(
          layer,
          pattern,
          result,
          refit.map(with -> with.refit(name + layer, weight, dense, hessian.orElseThrow())));
    }
  }

  private LayerOutcome dense(String layer, Tensor weight) {
    return new LayerOutcome(
        layer, patterns.get(layer), PruneResult.dense(weight), Optional.empty());
  }
}
