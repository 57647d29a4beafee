package io.coppice.model;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;

/** Whole passes of a model in memory, as the dense pass makes them: the oracle of other ways. */
record WholePass(Blas blas, Arena arena) {

  /**
   * The activations after the last block.
   *
   * @param ids windows of a length, one after the other
   */
  Tensor hidden(ModelInMemory weights, int[] ids, int length) {
    LanguageModel model = weights.model();
    Tensor hidden = arena.tensor(ids.length, model.hiddenSize());
    new TokenEmbedding(model, blas)
        .embed(
            (first, rows) -> rows.copyFrom(weights.embedding().rows((int) first, rows.rows())),
            weights.outer(),
            ids,
            length,
            hidden);
    new BlockStream(new BlockFactory(model, blas, length), ids.length / length, arena)
        .run(
            (block, into) -> into.copyFrom(weights.blocks().get(block)),
            0,
            model.blockCount(),
            hidden,
            block -> {});
    return hidden;
  }
}
