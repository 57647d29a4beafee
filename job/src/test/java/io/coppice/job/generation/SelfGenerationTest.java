package io.coppice.job.generation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SelfGenerationTest {
  @Test
  void windowsOfLowestLossStayInTheirOrder() {
    int[][] windows = {{0}, {1}, {2}, {3}, {4}};
    SelfGeneration.Written written = new SelfGeneration.Written(windows, 7, 2, 0);

    SelfGeneration.Written best = written.best(3, new double[] {2, 5, 1, 2, 2});

    assertThat(best.windows()).isDeepEqualTo(new int[][] {{0}, {2}, {3}});
    assertThat(best.summary()).isEqualTo(new SelfGeneration.Summary(3, 7, 2 / 9.0, 2));
  }
}
