package io.coppice.job.chain;

import io.coppice.job.chain.activations.BoundaryActivations;
import io.coppice.job.cluster.Engine;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.model.BlockFactory;
import io.coppice.model.BlockWeights;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.reconstruct.OutlierRatio;
import io.coppice.reconstruct.Windows;
import io.coppice.tensor.Arena;
import java.io.Serializable;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Measures each dense block's outlier ratio on its dense inputs, one task for each block.
 *
 * @param dense the dense model
 * @param windows all windows, of which those that calibrate are read
 */
public record OutlierPass(OutlierRatio ratio, ModelOnCluster dense, Windows windows, Engine engine)
    implements Serializable {

  /** On a calibrated model's windows. */
  public static OutlierPass on(CalibratedModel calibrated, OutlierRatio ratio) {
    return new OutlierPass(
        ratio, calibrated.dense(), calibrated.passes().windows(), calibrated.engine());
  }

  /**
   * The ratios, by block.
   *
   * @param layers by block, the weights that count
   */
  public double[] run(CalibratedModel calibrated, List<List<WeightShape>> layers) {
    List<Set<String>> names =
        layers.stream()
            .map(shapes -> shapes.stream().map(WeightShape::name).collect(Collectors.toSet()))
            .toList();
    List<BoundaryActivations> boundaries = calibrated.boundaries();
    List<Integer> blocks = IntStream.range(0, calibrated.blockCount()).boxed().toList();
    return calibrated
        .spark()
        .parallelize(blocks, blocks.size())
        .map(block -> ratio(block, names.get(block), boundaries.get(block)))
        .collect()
        .stream()
        .mapToDouble(Double::doubleValue)
        .toArray();
  }

  private double ratio(int block, Set<String> layers, BoundaryActivations boundary) {
    LanguageModel model = dense.model();
    BlockFactory factory = new BlockFactory(model, engine.blas(), windows.length());
    try (Arena arena = Arena.unbounded("outliers of block " + block);
        BoundaryActivations.Reader input = boundary.open()) {
      BlockWeights weights = factory.weights(arena);
      dense.read(block, weights);
      return ratio.of(
          new OutlierRatio.MeasuredBlock(model.blockName(block), weights, layers),
          factory,
          input,
          windows.calibration());
    }
  }
}
