package io.coppice.benchmark;

import io.coppice.model.BlockWeights;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;

/**
 * The data that both sides begin with.
 *
 * @param model of one block
 * @param weights half of each matrix is pruned
 * @param input rows × hidden_size
 * @param target of the input's shape
 */
record BlockData(
    BlockShape shape, LanguageModel model, BlockWeights weights, Tensor input, Tensor target) {

  static BlockData random(BlockShape shape, Arena arena) {
    LanguageModel model = shape.model();
    BlockWeights weights = BlockWeights.allocate(model.blockWeights(), arena);
    RandomValues random = new RandomValues(1);
    for (WeightShape weight : model.blockWeights()) {
      Tensor tensor = weights.tensor(weight.name());
      if (weight.isPrunable()) {
        random.fillHalf(tensor, 1 / Math.sqrt(weight.columns()));
      } else {
        random.fill(tensor, 1);
      }
    }
    Tensor input = arena.tensor(shape.rows(), shape.hiddenSize());
    Tensor target = arena.tensor(shape.rows(), shape.hiddenSize());
    random.fill(input, 1);
    random.fill(target, 1);
    return new BlockData(shape, model, weights, input, target);
  }
}
