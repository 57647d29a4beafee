package io.coppice.prune;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OutliersTest {
  private final Arena arena = Arena.unbounded("test");

  @AfterEach
  void free() {
    arena.close();
  }

  @Test
  void scoresAboveTheMultipleOfTheMeanCount() {
    Tensor inputs = arena.tensor(2, 4);
    inputs.fill(new float[] {3, 0, 1, 0, 4, 2, 0, 0});
    ColumnNorms norms = new ColumnNorms("q_proj", 4);
    norms.accumulate(inputs, 1); // norms 5, 2, 1, 0
    Tensor weight = arena.tensor(2, 4);
    weight.fill(new float[] {1, -1, 1, 9, -4, 3, 2, 9});
    // Scores 5 2 1 0 and 20 6 2 0: their mean is 36 / 8 = 4.5.
    assertThat(Outliers.count("q_proj", weight, norms, 1)).isEqualTo(3);
    assertThat(Outliers.count("q_proj", weight, norms, 2)).isEqualTo(1);
    assertThat(Outliers.count("q_proj", weight, norms, 4.4)).isEqualTo(1);
    assertThat(Outliers.count("q_proj", weight, norms, 4.5)).isZero();
  }

  @Test
  void anEmptyLayerHasNone() {
    ColumnNorms norms = new ColumnNorms("q_proj", 3);
    assertThat(Outliers.count("q_proj", arena.tensor(2, 3), norms, 5)).isZero();
  }
}
