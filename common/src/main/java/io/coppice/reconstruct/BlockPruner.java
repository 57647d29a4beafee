package io.coppice.reconstruct;

import io.coppice.model.BlockStream;
import io.coppice.model.BlockWeights;
import io.coppice.model.DecoderBlock;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.prune.InputStatistics;
import io.coppice.prune.PruneResult;
import io.coppice.prune.Pruner;
import io.coppice.prune.SparsityPattern;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Prunes every linear layer of a block. As in the authors' code, the statistics of all layers come
 * from one pass of the calibration windows through the still dense block.
 */
public final class BlockPruner {
  private final LanguageModel model;
  private final Pruner pruner;
  private final SparsityPattern pattern;

  public BlockPruner(LanguageModel model, Pruner pruner, SparsityPattern pattern) {
    this.model = model;
    this.pruner = pruner;
    this.pattern = pattern;
  }

  /**
   * Prunes {@code weights} in place.
   *
   * @param name the block's name, for messages
   * @param inputs the block's inputs
   * @param windows the calibration windows
   * @return what came of each pruned layer, by its weight's name
   */
  public Map<String, PruneResult> prune(
      String name,
      BlockWeights weights,
      ActivationReader inputs,
      int[] windows,
      int sequenceLength,
      Blas blas) {
    Map<String, InputStatistics> statistics = new LinkedHashMap<>();
    try {
      for (WeightShape shape : model.blockWeights()) {
        if (shape.isPrunable()) {
          statistics.computeIfAbsent(
              shape.input(), input -> pruner.newStatistics(name + input, shape.columns()));
        }
      }
      if (pruner.needsInputs()) {
        accumulate(statistics, weights, inputs, windows, sequenceLength, blas);
      }
      Map<String, PruneResult> results = new LinkedHashMap<>();
      for (WeightShape shape : model.blockWeights()) {
        if (shape.isPrunable()) {
          Tensor weight = weights.tensor(shape.name());
          results.put(
              shape.name(),
              pruner.prune(name + shape.name(), weight, statistics.get(shape.input()), pattern));
        }
      }
      return results;
    } finally {
      statistics.values().forEach(InputStatistics::close);
    }
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
            (layerInput, activations) -> statistics.get(layerInput).accumulate(activations, count));
      }
    }
  }
}
