package io.coppice.demo;

import io.coppice.model.BlockWeights;
import io.coppice.model.LlamaModel;
import io.coppice.model.WeightShape;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/** All weights of a small LLaMA with a tied head, in memory at once; or their gradients. */
record ModelWeights(Tensor embedding, List<BlockWeights> blocks, Tensor finalNorm) {
  private static final float INITIAL_DEVIATION = 0.02f;

  ModelWeights {
    blocks = List.copyOf(blocks);
  }

  static ModelWeights allocate(LlamaModel model, Arena arena) {
    return new ModelWeights(
        arena.tensor(model.vocabularySize(), model.hiddenSize()),
        IntStream.range(0, model.blockCount())
            .mapToObj(block -> BlockWeights.allocate(model.blockWeights(), arena))
            .toList(),
        arena.vector(model.hiddenSize()));
  }

  /**
   * Normal weights of deviation 0.02, those that write to the residual stream divided by
   * √(2·blocks) (Radford et al. 2019, GPT-2); norms are 1.
   */
  void initialise(LlamaModel model, Random random) {
    normal(embedding, INITIAL_DEVIATION, random);
    fill(finalNorm, 1);
    float residual = INITIAL_DEVIATION / (float) Math.sqrt(2.0 * blocks.size());
    for (BlockWeights block : blocks) {
      for (WeightShape shape : model.blockWeights()) {
        Tensor weight = block.tensor(shape.name());
        if (!shape.isPrunable()) {
          fill(weight, 1);
        } else {
          boolean writesToResidual =
              shape.name().contains("o_proj") || shape.name().contains("down_proj");
          normal(weight, writesToResidual ? residual : INITIAL_DEVIATION, random);
        }
      }
    }
  }

  /** Every tensor by its name in the checkpoint. */
  Map<String, Tensor> byName(LlamaModel model) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put(model.embeddingName(), embedding);
    for (int block = 0; block < blocks.size(); block++) {
      for (WeightShape shape : model.blockWeights()) {
        tensors.put(model.blockName(block).of(shape), blocks.get(block).tensor(shape.name()));
      }
    }
    tensors.put(LlamaModel.FINAL_NORM, finalNorm);
    return tensors;
  }

  List<Tensor> tensors(LlamaModel model) {
    return new ArrayList<>(byName(model).values());
  }

  private static void fill(Tensor tensor, float value) {
    for (int i = 0; i < tensor.rows(); i++) {
      for (int j = 0; j < tensor.columns(); j++) {
        tensor.set(i, j, value);
      }
    }
  }

  private static void normal(Tensor tensor, float deviation, Random random) {
    for (int i = 0; i < tensor.rows(); i++) {
      for (int j = 0; j < tensor.columns(); j++) {
        tensor.set(i, j, (float) random.nextGaussian() * deviation);
      }
    }
  }
}
