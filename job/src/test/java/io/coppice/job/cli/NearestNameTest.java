package io.coppice.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestNameTest {
  @ParameterizedTest
  @CsvSource({"kitten, sitting, 3", "'', abc, 3", "abc, '', 3", "same, same, 0", "ab, ba, 2"})
  void distanceCountsChanges(String from, String to, int distance) {
    assertThat(NearestName.distance(from, to)).isEqualTo(distance);
  }

  @Test
  void nearestWinsAndTiesGoByAlphabet() {
    assertThat(NearestName.of("sample", List.of("seed", "samples", "sparsity")))
        .contains("samples");
    assertThat(NearestName.of("x", List.of("b", "a"))).contains("a");
    assertThat(NearestName.of("x", List.of())).isEmpty();
  }
}
