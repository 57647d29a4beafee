package io.coppice.job.plan;

import io.coppice.model.BlockFactory;
import io.coppice.model.BlockWeights;
import io.coppice.model.DecoderBlock;
import io.coppice.model.LanguageModel;
import io.coppice.model.RoundedWeights;
import io.coppice.model.WeightGradients;
import io.coppice.model.WeightShape;
import io.coppice.optimizer.AdamW;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Precision;
import io.coppice.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** Measures the speed of this machine on a block of a model's shape, with constant weights. */
public final class Probe {
  private static final int RUNS = 3;

  /** In which Java compiles what a small model would else be over with. */
  private static final long LEAST_NANOS = 5_000_000_000L;

  private static final double LEARNING_RATE = 1e-6;

  private final LanguageModel model;
  private final BlockFactory factory;
  private final int windows;
  private final int sequenceLength;
  private final int batchSize;
  private final double forward;

  private Probe(BlockFactory factory, int batchSize) {
    this.factory = factory;
    this.batchSize = batchSize;
    model = factory.model();
    sequenceLength = factory.sequenceLength();
    windows = factory.microBatch(batchSize);
    forward = windows * WorkToDo.forward(model, sequenceLength);
  }

  /**
   * The speed of a core where all cores work: of an optimiser step over {@code batchSize} windows,
   * and of a forward in float32.
   *
   * @param blas on as many threads as there are cores
   */
  public static Speed measure(
      LanguageModel model, int sequenceLength, int batchSize, Precision precision, Blas blas) {
    Probe probe = new Probe(new BlockFactory(model, blas, sequenceLength, precision), batchSize);
    int cores = blas.pool().threads();
    return new Speed(probe.steps() / cores, probe.passes() / cores, "measured here");
  }

  private double steps() {
    try (Arena arena = Arena.unbounded("the probe")) {
      DecoderBlock block = factory.training(windows, arena);
      BlockWeights weights = constant(arena);
      List<RoundedWeights> rounded = factory.roundedWeights(1, arena);
      BlockWeights multiplied = rounded.isEmpty() ? weights : weights.multipliedAs(rounded.get(0));
      BlockWeights gradients = factory.weights(arena);
      List<AdamW> optimizers =
          model.blockWeights().stream()
              .map(shape -> optimizer(weights.tensor(shape.name()), shape, arena))
              .toList();
      Tensor input = filled(0.5f, arena);
      Tensor output = factory.activations(windows, arena);
      Tensor gradient = factory.activations(windows, arena);
      double batch =
          fastest(
              () -> {
                fill(gradient, 0.001f);
                block.forward(multiplied, input, sequenceLength, output, DecoderBlock.UNOBSERVED);
                block.backwardWeights(
                    multiplied,
                    input,
                    sequenceLength,
                    gradient,
                    WeightGradients.overwriting(gradients));
              });
      double update =
          fastest(
              () -> {
                for (int i = 0; i < optimizers.size(); i++) {
                  String name = model.blockWeights().get(i).name();
                  optimizers
                      .get(i)
                      .step(weights.tensor(name), gradients.tensor(name), LEARNING_RATE, 1);
                }
                rounded.forEach(copies -> copies.copy(weights, factory.blas()));
              });
      return 3 * forward / (batch + update * windows / batchSize);
    }
  }

  private double passes() {
    try (Arena arena = Arena.unbounded("the probe")) {
      DecoderBlock block = factory.inference(windows, arena);
      BlockWeights weights = constant(arena);
      Tensor input = filled(0.5f, arena);
      Tensor output = factory.activations(windows, arena);
      return forward
          / fastest(
              () -> block.forward(weights, input, sequenceLength, output, DecoderBlock.UNOBSERVED));
    }
  }

  private AdamW optimizer(Tensor weight, WeightShape shape, Arena arena) {
    return shape.isPrunable()
        ? AdamW.forKept(weight, factory.blas().pool(), arena)
        : AdamW.dense(weight, AdamW.Settings.DEFAULT, factory.blas().pool(), arena);
  }

  /** Half of each matrix is pruned. */
  private BlockWeights constant(Arena arena) {
    BlockWeights weights = factory.weights(arena);
    for (WeightShape shape : model.blockWeights()) {
      Tensor tensor = weights.tensor(shape.name());
      fill(tensor, 0.01f);
      if (shape.isPrunable()) {
        tensor.columns(0, tensor.columns() / 2).zero();
      }
    }
    return weights;
  }

  private Tensor filled(float value, Arena arena) {
    Tensor tensor = factory.activations(windows, arena);
    fill(tensor, value);
    return tensor;
  }

  private static double fastest(Runnable work) {
    double best = Double.MAX_VALUE;
    long first = System.nanoTime();
    for (int run = 0; run < RUNS || System.nanoTime() - first < LEAST_NANOS; run++) {
      long begun = System.nanoTime();
      work.run();
      best = Math.min(best, (System.nanoTime() - begun) / 1e9);
    }
    return best;
  }

  private static void fill(Tensor tensor, float value) {
    float[] row = new float[tensor.columns()];
    Arrays.fill(row, value);
    for (int i = 0; i < tensor.rows(); i++) {
      tensor.writeRow(i, row);
    }
  }
}
