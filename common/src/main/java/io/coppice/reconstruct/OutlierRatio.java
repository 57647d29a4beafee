package io.coppice.reconstruct;

import io.coppice.model.BlockFactory;
import io.coppice.model.BlockName;
import io.coppice.model.BlockWeights;
import io.coppice.model.WeightShape;
import io.coppice.prune.ColumnNorms;
import io.coppice.prune.Outliers;
import io.coppice.tensor.Arena;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The share of outliers among a dense block's weights, by which OWL distributes sparsity over
 * blocks ({@link Outliers}).
 *
 * @param multiple of a layer's mean score, above which a weight is an outlier
 */
public record OutlierRatio(double multiple) implements Serializable {

  /**
   * A block that is measured.
   *
   * @param name for messages
   * @param weights dense
   * @param layers names of the weights that count
   */
  public record MeasuredBlock(BlockName name, BlockWeights weights, Set<String> layers) {}

  /**
   * Measures a block; takes the windows through it once.
   *
   * @param inputs the block's inputs
   * @return outliers ÷ weights; 0 where no layer counts
   */
  public double of(
      MeasuredBlock block, BlockFactory factory, ActivationReader inputs, WindowSet windows) {
    List<WeightShape> shapes =
        factory.model().blockWeights().stream()
            .filter(shape -> block.layers().contains(shape.name()))
            .toList();
    Map<String, ColumnNorms> norms = new LinkedHashMap<>();
    for (WeightShape shape : shapes) {
      norms.computeIfAbsent(
          shape.input(), input -> new ColumnNorms(block.name().ofInput(input), shape.columns()));
    }
    if (norms.isEmpty()) {
      return 0;
    }
    try (Arena arena = Arena.unbounded("outliers of " + block.name())) {
      new InputPass(factory, windows.count(), arena)
          .run(
              block.weights(),
              inputs,
              windows,
              (input, activations, sequences) ->
                  Optional.ofNullable(norms.get(input))
                      .ifPresent(seen -> seen.accumulate(activations, sequences)));
    }
    long outliers = 0;
    long all = 0;
    for (WeightShape shape : shapes) {
      outliers +=
          Outliers.count(
              block.name().of(shape),
              block.weights().tensor(shape.name()),
              norms.get(shape.input()),
              multiple);
      all += shape.size();
    }
    return (double) outliers / all;
  }
}
