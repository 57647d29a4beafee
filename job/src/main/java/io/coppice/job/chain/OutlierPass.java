package io.coppice.job.chain;

import io.coppice.job.activations.BoundaryActivations;
import io.coppice.job.cluster.Engine;
import io.coppice.model.BlockSource;
import io.coppice.model.BlockWeights;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.reconstruct.OutlierRatio;
import io.coppice.tensor.Arena;
import java.io.Serializable;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Measures each dense block's outlier ratio on its dense inputs, one task a block.
 *
 * @param dense the dense model's blocks
 * @param calibrationWindows how many windows, from the first on, are looked at
 */
public record OutlierPass(
    OutlierRatio ratio,
    LanguageModel model,
    BlockSource dense,
    int calibrationWindows,
    int sequenceLength,
    Engine engine)
    implements Serializable {

  /**
   * The ratios, by block.
   *
   * @param layers by block, the weights that count
   * @param boundaries the dense chain's, from the first block's input on
   */
  public double[] run(
      JavaSparkContext spark,
      List<List<WeightShape>> layers,
      List<BoundaryActivations> boundaries) {
    List<Set<String>> names =
        layers.stream()
            .map(shapes -> shapes.stream().map(WeightShape::name).collect(Collectors.toSet()))
            .toList();
    List<Integer> blocks = IntStream.range(0, model.blockCount()).boxed().toList();
    return spark
        .parallelize(blocks, blocks.size())
        .map(block -> ratio(block, names.get(block), boundaries.get(block)))
        .collect()
        .stream()
        .mapToDouble(Double::doubleValue)
        .toArray();
  }

  private double ratio(int block, Set<String> layers, BoundaryActivations boundary) {
    try (Arena arena = Arena.unbounded("outliers of block " + block);
        BoundaryActivations.Reader input = boundary.open()) {
      BlockWeights weights = BlockWeights.allocate(model.blockWeights(), arena);
      dense.read(block, weights);
      return ratio.of(
          model.blockPrefix(block),
          weights,
          layers,
          input,
          IntStream.range(0, calibrationWindows).toArray(),
          sequenceLength,
          engine.blas());
    }
  }
}
