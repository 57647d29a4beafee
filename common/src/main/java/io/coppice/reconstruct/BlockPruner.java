package io.coppice.reconstruct;

import io.coppice.model.BlockStream;
import io.coppice.model.BlockWeights;
import io.coppice.model.DecoderBlock;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.prune.Dense;
import io.coppice.prune.InputStatistics;
import io.coppice.prune.LayerPattern;
import io.coppice.prune.PruneResult;
import io.coppice.prune.Pruner;
import io.coppice.prune.SparsityPattern;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Prunes the linear layers of a block, each in its pattern. As in the authors' code, the statistics
 * of all layers come from one pass of the calibration windows through the still dense block.
 */
public final class BlockPruner {
  private final LanguageModel model;
  private final Pruner pruner;
  private final Map<String, LayerPattern> patterns;

  /**
   * @param patterns of every prunable weight, by its name inside the block
   */
  public BlockPruner(LanguageModel model, Pruner pruner, Map<String, LayerPattern> patterns) {
    this.model = model;
    this.pruner = pruner;
    this.patterns = Map.copyOf(patterns);
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
    Map<String, InputStatistics> statistics = newStatistics(name);
    try {
      if (pruner.needsInputs() && !statistics.isEmpty()) {
        accumulate(statistics, weights, inputs, windows, sequenceLength, blas);
      }
      List<LayerOutcome> outcomes = new ArrayList<>();
      for (WeightShape shape : model.blockWeights()) {
        if (shape.isPrunable()) {
          LayerPattern pattern = patterns.get(shape.name());
          Tensor weight = weights.tensor(shape.name());
          PruneResult result =
              pattern instanceof SparsityPattern sparsity
                  ? pruner.prune(
                      name + shape.name(), weight, statistics.get(shape.input()), sparsity)
                  : PruneResult.dense(weight);
          outcomes.add(new LayerOutcome(shape.name(), pattern, result));
        }
      }
      return outcomes;
    } finally {
      statistics.values().forEach(InputStatistics::close);
    }
  }

  /** Empty statistics of every input that a layer to be pruned reads. */
  private Map<String, InputStatistics> newStatistics(String name) {
    Map<String, InputStatistics> statistics = new LinkedHashMap<>();
    for (WeightShape shape : model.blockWeights()) {
      if (shape.isPrunable() && !(patterns.get(shape.name()) instanceof Dense)) {
        statistics.computeIfAbsent(
            shape.input(), input -> pruner.newStatistics(name + input, shape.columns()));
      }
    }
    return statistics;
  }

  private void accumulate(
      Map<String, InputStatistics> statistics,
      BlockWeights weights,
      ActivationReader inputs,
      int[] windows,
      int sequenceLength,
      Blas blas) {
    int microBatch = BlockStream.microBatch(sequenceLength, windows.length);
    int tokens = microBatch * sequenceLength;
    try (Arena arena = Arena.unbounded("pruning statistics")) {
      DecoderBlock block = model.newBlock(blas, arena, tokens, sequenceLength, false);
      Tensor input = arena.tensor(tokens, model.hiddenSize());
      Tensor output = arena.tensor(tokens, model.hiddenSize());
      for (int first = 0; first < windows.length; first += microBatch) {
        int count = Math.min(microBatch, windows.length - first);
        for (int b = 0; b < count; b++) {
          inputs.read(windows[first + b], input.rows(b * sequenceLength, sequenceLength));
        }
        block.forward(
            weights,
            input.rows(0, count * sequenceLength),
            sequenceLength,
            output.rows(0, count * sequenceLength),
            (layerInput, activations) -> {
              if (statistics.containsKey(layerInput)) {
                statistics.get(layerInput).accumulate(activations, count);
              }
            });
      }
    }
  }
}
