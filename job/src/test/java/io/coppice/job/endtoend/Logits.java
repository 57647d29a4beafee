package io.coppice.job.endtoend;

import io.coppice.checkpoint.WeightsFile;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.model.BlockFactory;
import io.coppice.model.BlockStream;
import io.coppice.model.LanguageModel;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;

/** Scores of every next token, put together from the pieces that evaluation is made of. */
final class Logits {
  private Logits() {}

  static ModelOnCluster open(Path folder) {
    return ModelOnCluster.open(folder.toUri().toString(), new Configuration());
  }

  /** Scores after each of the given tokens: n rows of vocabulary_size. */
  static List<float[]> of(ModelOnCluster source, int[] ids) {
    LanguageModel model = source.model();
    Blas blas = BlasProvider.blas();
    try (Arena arena = Arena.unbounded("test");
        WeightsFile head = source.shardOf(model.headName())) {
      Tensor hidden = arena.tensor(ids.length, model.hiddenSize());
      source.embed(ids, ids.length, hidden, blas);
      new BlockStream(new BlockFactory(model, blas, ids.length), 1, arena)
          .run(source, 0, model.blockCount(), hidden, block -> {});
      Tensor scored = arena.tensor(ids.length, model.embeddingSize());
      model
          .newOuterLayers(blas, arena, ids.length)
          .leave(source.outerWeights(arena), hidden, scored);
      Tensor table = arena.tensor(model.vocabularySize(), model.embeddingSize());
      head.read(model.headName(), table);
      Tensor logits = arena.tensor(ids.length, model.vocabularySize());
      blas.multiplyTransposedB(1, scored, table, 0, logits);
      return IntStream.range(0, ids.length).mapToObj(i -> logits.rows(i, 1).toArray()).toList();
    }
  }
}
