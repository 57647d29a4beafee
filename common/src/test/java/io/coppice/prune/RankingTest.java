package io.coppice.prune;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RankingTest {

  @Test
  void rankingFindsTheLowestOfAnySet() {
    Random random = new Random(1);
    for (int trial = 0; trial < 200; trial++) {
      int rows = 1 + random.nextInt(5);
      int columns = 1 + random.nextInt(60);
      int[] keys =
          random.ints((long) rows * columns, 1, trial % 2 == 0 ? Integer.MAX_VALUE : 6).toArray();
      int count = random.nextInt(keys.length + 1);
      Ranking ranking = new Ranking("q_proj");
      ranking.select(
          rows,
          columns,
          new int[columns],
          count,
          (row, destination) -> System.arraycopy(keys, row * columns, destination, 0, columns));
      BitSet expected = new BitSet();
      IntStream.range(0, keys.length)
          .boxed()
          .sorted(Comparator.comparingInt(i -> keys[i]))
          .limit(count)
          .forEach(expected::set);
      BitSet actual = new BitSet();
      for (int i = 0; i < keys.length; i++) {
        actual.set(i, ranking.takes(keys[i]));
      }
      assertThat(actual).isEqualTo(expected);
    }
  }
}
