package io.coppice.reconstruct;

import io.coppice.model.BlockFactory;
import io.coppice.model.BlockWeights;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.tensor.Arena;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Precision;
import io.coppice.tensor.Tensor;
import java.util.Collections;
import java.util.Random;

/** A small random dense block and inputs of it: 20 windows to train on, 4 that are held out. */
final class RandomBlock implements AutoCloseable {
  static final int LENGTH = 16;
  static final int BATCH = 4;
  static final WindowSet TRAINING = new WindowSet(0, 20);
  static final WindowSet HELD_OUT = new WindowSet(20, 24);

  final LanguageModel model = BlockTrainerTest.model(16, 40, 64);
  final Arena arena = Arena.unbounded("test");
  final BlockWeights dense;
  private final Tensor inputs;

  RandomBlock() {
    BlockFactory factory = factory(Precision.FLOAT32);
    Random random = new Random(5);
    dense = factory.weights(arena);
    for (WeightShape shape : model.blockWeights()) {
      boolean linear = shape.isPrunable();
      fill(dense.tensor(shape.name()), random, linear ? 0.3f : 0, linear ? 0 : 1);
    }
    inputs = factory.activations(HELD_OUT.end(), arena);
    fill(inputs, random, 1, 0);
  }

  BlockFactory factory(Precision precision) {
    return new BlockFactory(model, BlasProvider.blas(), LENGTH, precision);
  }

  /** Its inputs. */
  void read(int window, Tensor destination) {
    destination.copyFrom(inputs.rows(window * LENGTH, LENGTH));
  }

  /** The outputs of so many such blocks in a row. */
  ActivationReader target(BlockFactory factory, int blocks) {
    return new SpanReader(factory, Collections.nCopies(blocks, dense), arena).on(this::read);
  }

  /** The training of so many blocks towards these. */
  TrainingSet set(BlockFactory factory, int blocks) {
    return new TrainingSet(
        TrainingData.globalPropagation(
            StudentInputs.exact(this::read), target(factory, blocks), LENGTH),
        TRAINING,
        HELD_OUT);
  }

  /** A copy of the dense weights. */
  BlockWeights copy(BlockFactory factory) {
    BlockWeights copy = factory.weights(arena);
    copy.copyFrom(dense);
    return copy;
  }

  static void fill(Tensor tensor, Random random, float deviation, float mean) {
    for (int i = 0; i < tensor.rows(); i++) {
      for (int j = 0; j < tensor.columns(); j++) {
        tensor.set(i, j, mean + deviation * (float) random.nextGaussian());
      }
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
