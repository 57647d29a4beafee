package io.coppice.job.plan;

import io.coppice.model.BlockStream;
import io.coppice.model.BlockWeights;
import io.coppice.model.BlockWorkspace;
import io.coppice.model.DecoderBlock;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightGradients;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;
import java.util.Arrays;

/** Measures the speed of this machine on a block of a model's shape, with constant weights. */
public final class Probe {
  private static final int RUNS = 3;

  private Probe() {}

  /** Floating point operations a second of a micro-batch, forward and backward. */
  public static double rate(LanguageModel model, int sequenceLength, int batchSize, Blas blas) {
    int windows = BlockStream.microBatch(sequenceLength, batchSize);
    int tokens = windows * sequenceLength;
    try (Arena arena = new Arena("the probe", Long.MAX_VALUE)) {
      DecoderBlock block =
          model.newBlock(BlockWorkspace.forTraining(blas, arena, tokens, sequenceLength));
      BlockWeights weights = BlockWeights.allocate(model.blockWeights(), arena);
      BlockWeights gradients = BlockWeights.allocate(model.blockWeights(), arena);
      model.blockWeights().forEach(shape -> fill(weights.tensor(shape.name()), 0.01f));
      Tensor input = arena.tensor(tokens, model.hiddenSize());
      Tensor output = arena.tensor(tokens, model.hiddenSize());
      Tensor gradient = arena.tensor(tokens, model.hiddenSize());
      fill(input, 0.5f);
      double best = Double.MAX_VALUE;
      for (int run = 0; run < RUNS; run++) {
        fill(gradient, 0.001f);
        long begun = System.nanoTime();
        block.forward(weights, input, sequenceLength, output, DecoderBlock.UNOBSERVED);
        block.backwardWeights(
            weights, input, sequenceLength, gradient, WeightGradients.overwriting(gradients));
        best = Math.min(best, (System.nanoTime() - begun) / 1e9);
      }
      return 3 * windows * WorkToDo.forward(model, sequenceLength) / best;
    }
  }

  private static void fill(Tensor tensor, float value) {
    float[] row = new float[tensor.columns()];
    Arrays.fill(row, value);
    for (int i = 0; i < tensor.rows(); i++) {
      tensor.writeRow(i, row);
    }
  }
}
