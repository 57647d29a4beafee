package io.coppice.demo;

import io.coppice.model.BlockWeights;
import io.coppice.model.LlamaModel;
import io.coppice.model.RoundedWeights;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Bf16Tensor;
import io.coppice.tensor.Blas;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Operand;
import io.coppice.tensor.Precision;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** A model's weights as products read them: themselves, or copies of them in bfloat16. */
final class MultipliedWeights {
  private final ModelWeights weights;
  private final Optional<Copies> copies;

  private record Copies(List<RoundedWeights> blocks, Bf16Tensor head) {}

  private MultipliedWeights(ModelWeights weights, Optional<Copies> copies) {
    this.weights = weights;
    this.copies = copies;
  }

  /** The copies, if there are any, are made by {@link #update}. */
  static MultipliedWeights of(
      ModelWeights weights, LlamaModel model, Precision precision, Arena arena) {
    if (precision == Precision.FLOAT32) {
      return new MultipliedWeights(weights, Optional.empty());
    }
    List<RoundedWeights> rounded =
        weights.blocks().stream()
            .map(block -> RoundedWeights.allocate(model.blockWeights(), arena))
            .toList();
    List<BlockWeights> blocks =
        IntStream.range(0, rounded.size())
            .mapToObj(block -> weights.blocks().get(block).multipliedAs(rounded.get(block)))
            .toList();
    return new MultipliedWeights(
        new ModelWeights(weights.embedding(), blocks, weights.finalNorm()),
        Optional.of(new Copies(rounded, arena.bf16(model.vocabularySize(), model.hiddenSize()))));
  }

  /** Makes the copies anew; to be called when the weights have changed. */
  void update() {
    copies.ifPresent(
        made -> {
          Blas blas = BlasProvider.blas();
          for (int block = 0; block < made.blocks().size(); block++) {
            made.blocks().get(block).copy(weights.blocks().get(block), blas);
          }
          blas.round(weights.embedding(), made.head());
        });
  }

  ModelWeights weights() {
    return weights;
  }

  /** The head, vocabulary × hidden_size. */
  Operand head() {
    return copies.isPresent() ? copies.orElseThrow().head() : weights.embedding();
  }
}
