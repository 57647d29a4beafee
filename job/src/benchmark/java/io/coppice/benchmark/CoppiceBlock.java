package io.coppice.benchmark;

import io.coppice.kernel.Linear;
import io.coppice.kernel.MeanSquaredError;
import io.coppice.model.BlockFactory;
import io.coppice.model.BlockWeights;
import io.coppice.model.DecoderBlock;
import io.coppice.model.RoundedWeights;
import io.coppice.model.WeightGradients;
import io.coppice.model.WeightShape;
import io.coppice.optimizer.AdamW;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Bf16Tensor;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Operand;
import io.coppice.tensor.Precision;
import io.coppice.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** A block as Coppice trains it, with the steps that BlockTrainer makes. */
final class CoppiceBlock {
  static final double LEARNING_RATE = 1e-4;

  private final BlockData data;
  private final Blas blas;
  private final DecoderBlock block;
  private final List<RoundedWeights> rounded;
  private final BlockWeights multiplied;
  private final BlockWeights gradients;
  private final List<AdamW> optimizers = new ArrayList<>();
  private final MeanSquaredError loss;
  private final Tensor output;
  private final Tensor outputGradient;
  private int steps;

  CoppiceBlock(BlockData data, Blas blas, Precision precision, Arena arena) {
    this.data = data;
    this.blas = blas;
    BlockShape shape = data.shape();
    BlockFactory factory = new BlockFactory(data.model(), blas, shape.tokens(), precision);
    block = factory.training(shape.windows(), arena);
    rounded = factory.roundedWeights(1, arena);
    multiplied = rounded.isEmpty() ? data.weights() : data.weights().multipliedAs(rounded.get(0));
    gradients = factory.weights(arena);
    for (WeightShape weight : data.model().blockWeights()) {
      Tensor tensor = data.weights().tensor(weight.name());
      optimizers.add(
          weight.isPrunable()
              ? AdamW.forKept(tensor, blas.pool(), arena)
              : AdamW.dense(tensor, AdamW.Settings.DEFAULT, blas.pool(), arena));
    }
    loss = new MeanSquaredError(blas.pool());
    output = factory.activations(shape.windows(), arena);
    outputGradient = factory.activations(shape.windows(), arena);
    round();
  }

  private void round() {
    rounded.forEach(copies -> copies.copy(data.weights(), blas));
  }

  /** The output, with the weights as they were last rounded. */
  Tensor forward() {
    block.forward(multiplied, data.input(), data.shape().tokens(), output, DecoderBlock.UNOBSERVED);
    return output;
  }

  /** The gradients by the weights, which are rounded first. */
  BlockWeights gradient() {
    round();
    forward();
    loss.lossAndGradient(output, data.target(), (double) output.size(), outputGradient);
    block.backwardWeights(
        multiplied,
        data.input(),
        data.shape().tokens(),
        outputGradient,
        WeightGradients.overwriting(gradients));
    return gradients;
  }

  void step() {
    gradient();
    steps++;
    List<WeightShape> weights = data.model().blockWeights();
    for (int i = 0; i < weights.size(); i++) {
      String name = weights.get(i).name();
      optimizers
          .get(i)
          .step(data.weights().tensor(name), gradients.tensor(name), LEARNING_RATE, steps);
    }
  }

  /** The products of all linear layers, on operands that are rounded already. */
  Runnable products(boolean training, Precision precision, Arena arena) {
    Linear linear = new Linear(blas);
    List<Runnable> products = new ArrayList<>();
    int rows = data.shape().rows();
    RandomValues random = new RandomValues(2);
    for (WeightShape shape : data.model().blockWeights()) {
      if (shape.isPrunable()) {
        Tensor x = arena.tensor(rows, shape.columns());
        Tensor y = arena.tensor(rows, shape.rows());
        random.fill(x, 1);
        random.fill(y, 1);
        Operand left = operand(x, precision, arena);
        Operand gradient = operand(y, precision, arena);
        Operand weight = operand(data.weights().tensor(shape.name()), precision, arena);
        products.add(() -> linear.forward(left, weight, y, false));
        if (training) {
          products.add(() -> linear.backwardInput(gradient, weight, x, false));
          Bf16Tensor room = Blas.roomToTranspose(precision, arena, rows, shape.rows());
          products.add(
              () ->
                  linear.backwardWeight(
                      gradient, left, room, gradients.tensor(shape.name()), false));
        }
      }
    }
    return () -> products.forEach(Runnable::run);
  }

  private Operand operand(Tensor tensor, Precision precision, Arena arena) {
    if (precision == Precision.FLOAT32) {
      return tensor;
    }
    Bf16Tensor copy = arena.bf16(tensor.rows(), tensor.columns());
    blas.round(tensor, copy);
    return copy;
  }
}
