package io.coppice.model;

import static io.coppice.kernel.Close.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.model.PackedSequences.Sequence;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Tensor;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Packed sequences, with shared beginnings, are what each sequence is alone. */
class PackedSequencesTest {
  private static final double TOLERANCE = 1e-4;

  private final Arena arena = Arena.unbounded("test");
  private final Blas blas = BlasProvider.blas();
  private final Random random = new Random(5);

  @AfterEach
  void close() {
    arena.close();
  }

  /** Rows 0–8 begin two others; rows 17–19 stand alone. */
  private final PackedSequences packed =
      new PackedSequences(
          List.of(
              Sequence.alone(0, 9),
              new Sequence(0, 9, 9, 5),
              new Sequence(0, 9, 14, 3),
              Sequence.alone(17, 3)),
          20);

  @ParameterizedTest
  @MethodSource("io.coppice.model.IncrementalDecoderTest#families")
  void eachIsComputedAsAlone(IncrementalDecoderTest.Family family) {
    LanguageModel model = family.model();
    ModelInMemory weights = randomWeights(model);
    int[] ids = random.ints(packed.rows(), 0, model.vocabularySize()).toArray();

    Tensor hidden = forwardPacked(weights, ids);

    assertThat(packed.longest()).isEqualTo(14);
    for (Sequence sequence : packed.sequences()) {
      int[] alone =
          IntStream.concat(
                  IntStream.range(sequence.sharedRow(), sequence.sharedRow() + sequence.shared()),
                  IntStream.range(sequence.row(), sequence.row() + sequence.own()))
              .map(row -> ids[row])
              .toArray();
      assertClose(
          "" + sequence,
          hidden.rows(sequence.row(), sequence.own()),
          forward(weights, alone).rows(sequence.shared(), sequence.own()),
          TOLERANCE);
    }
  }

  private Tensor forwardPacked(ModelInMemory weights, int[] ids) {
    LanguageModel model = weights.model();
    Tensor hidden = arena.tensor(ids.length, model.hiddenSize());
    new TokenEmbedding(model, blas)
        .embedPacked(
            (first, rows) -> rows.copyFrom(weights.embedding().rows((int) first, rows.rows())),
            weights.outer(),
            ids,
            packed,
            hidden);
    DecoderBlock block =
        model.newBlock(BlockWorkspace.forInference(blas, arena, packed.rows(), packed.longest()));
    Tensor output = arena.tensor(ids.length, model.hiddenSize());
    for (BlockWeights of : weights.blocks()) {
      block.forwardPacked(of, hidden, packed, output);
      hidden.copyFrom(output);
    }
    return hidden;
  }

  private Tensor forward(ModelInMemory weights, int[] ids) {
    return new WholePass(blas, arena).hidden(weights, ids, ids.length);
  }

  private ModelInMemory randomWeights(LanguageModel model) {
    return RandomWeights.of(model, 0.3f, 9, arena);
  }
}
