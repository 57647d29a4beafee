package io.coppice.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BlockStreamTest {
  private static final int HIDDEN = 8;
  private static final int BLOCKS = 4;
  private static final int LENGTH = 300;

  private final Blas blas = BlasProvider.blas();
  private final LanguageModel model = SmallModels.llama(BLOCKS, HIDDEN, 10);

  @ParameterizedTest
  @CsvSource({
    "1,    1000, 1000",
    "128,  1000, 8",
    "128,  3,    3",
    "1024, 1000, 1",
    "1025, 1000, 1",
    "4096, 7,    1"
  })
  void microBatchesHoldAThousandTokensOrOneWindow(int length, int limit, int expected) {
    assertThat(BlockStream.microBatch(length, limit)).isEqualTo(expected);
  }

  @Test
  void windowsGoThroughTheBlocksAskedForAsTheyWouldOneByOne() {
    // Three windows in a micro-batch, so seven of them leave one that is not full.
    int windows = 7;
    List<Integer> read = new ArrayList<>();
    List<Integer> passed = new ArrayList<>();
    BlockSource source =
        (block, weights) -> {
          read.add(block);
          fill(block, weights);
        };
    try (Arena arena = Arena.unbounded("test")) {
      Tensor activations = arena.tensor(windows * LENGTH, HIDDEN);
      activations.fill(gaussian(new Random(9), windows * LENGTH * HIDDEN, 1));
      Tensor expected = arena.tensor(windows * LENGTH, HIDDEN);
      expected.copyFrom(activations);
      Tensor afterFirst = arena.tensor(windows * LENGTH, HIDDEN);

      new BlockStream(new BlockFactory(model, blas, LENGTH), windows, arena)
          .run(
              source,
              1,
              3,
              activations,
              block -> {
                passed.add(block);
                if (block == 1) {
                  afterFirst.copyFrom(activations);
                }
              });

      assertThat(read).containsExactly(1, 2);
      assertThat(passed).containsExactly(1, 2);
      oneByOne(1, expected, arena);
      assertClose(afterFirst, expected);
      oneByOne(2, expected, arena);
      assertClose(activations, expected);
    }
  }

  /** Takes each window by itself through a block. */
  private void oneByOne(int index, Tensor activations, Arena arena) {
    BlockWeights weights = BlockWeights.allocate(model.blockWeights(), arena);
    fill(index, weights);
    DecoderBlock block = model.newBlock(BlockWorkspace.forInference(blas, arena, LENGTH, LENGTH));
    Tensor output = arena.tensor(LENGTH, HIDDEN);
    for (int first = 0; first < activations.rows(); first += LENGTH) {
      Tensor window = activations.rows(first, LENGTH);
      block.forward(weights, window, LENGTH, output, DecoderBlock.UNOBSERVED);
      window.copyFrom(output);
    }
  }

  private void fill(int block, BlockWeights weights) {
    Random random = new Random(block);
    for (WeightShape shape : model.blockWeights()) {
      weights.tensor(shape.name()).fill(gaussian(random, (int) shape.size(), 0.5f));
    }
  }

  private static void assertClose(Tensor actual, Tensor expected) {
    float[] a = actual.toArray();
    float[] e = expected.toArray();
    for (int i = 0; i < a.length; i++) {
      // A product's last bits may depend on its number of rows.
      assertThat(a[i]).as("element %d", i).isCloseTo(e[i], within(1e-4f));
    }
  }

  private static float[] gaussian(Random random, int count, float deviation) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = deviation * (float) random.nextGaussian();
    }
    return values;
  }
}
