package io.coppice.job.block;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.prune.Unstructured;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class OwlAllocationTest {

  @Test
  void theMostUnusualBlockIsLambdaAway() {
    // Mean ratio 0.03, the furthest 0.02 from it: 0.54, 0.42, 0.54.
    assertThat(
            new OwlAllocation(0.5, 0.08)
                .pruned(new long[] {100, 100, 100}, new double[] {0.02, 0.05, 0.02}))
        .containsExactly(54, 42, 54);
  }

  @Test
  void theMeanIsOverWeights() {
    // Mean ratio (300·0.01 + 100·0.05) ÷ 400 = 0.02, the furthest 0.03: 0.7 + 0.1 ÷ 3 and 0.6.
    assertThat(
            new OwlAllocation(0.7, 0.1)
                .pruned(new long[] {300, 0, 100}, new double[] {.01, 0, .05}))
        .containsExactly(220, 0, 60);
  }

  @Test
  void equalBlocksArePrunedAlike() {
    assertThat(new OwlAllocation(0.5, 0.08).pruned(new long[] {7, 7, 7}, new double[] {.1, .1, .1}))
        .containsExactly(4, 3, 3);
  }

  @Test
  void countsAreExactAndWithinLambda() {
    Random random = new Random(1);
    for (int trial = 0; trial < 500; trial++) {
      int blocks = 1 + random.nextInt(40);
      long[] sizes = random.longs(blocks, 1000, 1_000_000).toArray();
      double[] ratios = random.doubles(blocks, 0, 0.1).toArray();
      double sparsity = 0.1 + 0.8 * random.nextDouble();
      long[] pruned = new OwlAllocation(sparsity, 0.08).pruned(sizes, ratios);
      assertThat(LongStream.of(pruned).sum())
          .isEqualTo(new Unstructured(sparsity).pruned(LongStream.of(sizes).sum()));
      for (int b = 0; b < blocks; b++) {
        assertThat((double) pruned[b] / sizes[b])
            .isBetween(sparsity - 0.08 - 2.0 / sizes[b], sparsity + 0.08 + 2.0 / sizes[b]);
      }
    }
  }

  @Test
  void layersShareTheirBlocksCount() {
    assertThat(OwlAllocation.share(10, new long[] {3, 5, 7})).containsExactly(2, 3, 5);
    assertThat(OwlAllocation.share(0, new long[] {3, 5})).containsExactly(0, 0);
    long[] large = OwlAllocation.share(8_000_000_001L, new long[] {5_000_000_000L, 9, 1L << 33});
    assertThat(LongStream.of(large).sum()).isEqualTo(8_000_000_001L);
  }

  @Test
  void anExactCountSurvivesItsWayThroughASparsity() {
    Random random = new Random(2);
    for (int trial = 0; trial < 10_000; trial++) {
      long size = 1 + random.nextInt(Integer.MAX_VALUE - 1);
      long pruned = random.nextLong(size);
      assertThat(Unstructured.exactly(pruned, size).pruned(size)).isEqualTo(pruned);
    }
  }
}
