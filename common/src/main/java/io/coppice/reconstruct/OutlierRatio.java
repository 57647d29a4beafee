package io.coppice.reconstruct;

import io.coppice.model.BlockWeights;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.prune.ColumnNorms;
import io.coppice.prune.Outliers;
import io.coppice.tensor.Blas;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The share of outliers among a dense block's weights, by which OWL spreads sparsity over blocks
 * ({@link Outliers}).
 *
 * @param multiple of a layer's mean score, from which on a weight is an outlier
 */
public record OutlierRatio(LanguageModel model, double multiple) implements Serializable {

  /**
   * Measures a block; takes the windows through it once.
   *
   * @param name the block's name, for messages
   * @param layers names of the weights that count
   * @param inputs the block's inputs
   * @param windows the calibration windows
   * @return outliers ÷ weights; 0 where no layer counts
   */
  public double of(
      String name,
      BlockWeights weights,
      Set<String> layers,
      ActivationReader inputs,
      int[] windows,
      int sequenceLength,
      Blas blas) {
    Map<String, ColumnNorms> norms = new LinkedHashMap<>();
    for (WeightShape shape : model.blockWeights()) {
      if (layers.contains(shape.name())) {
        norms.computeIfAbsent(
            shape.input(), input -> new ColumnNorms(name + input, shape.columns()));
      }
    }
    if (norms.isEmpty()) {
      return 0;
    }
    new InputPass(model, sequenceLength, blas)
        .run(
            weights,
            inputs,
            windows,
            (input, activations, sequences) ->
                Optional.ofNullable(norms.get(input))
                    .ifPresent(seen -> seen.accumulate(activations, sequences)));
    long outliers = 0;
    long all = 0;
    for (WeightShape shape : model.blockWeights()) {
      if (layers.contains(shape.name())) {
        outliers +=
            Outliers.count(
                name + shape.name(),
                weights.tensor(shape.name()),
                norms.get(shape.input()),
                multiple);
        all += shape.size();
      }
    }
    return (double) outliers / all;
  }
}
