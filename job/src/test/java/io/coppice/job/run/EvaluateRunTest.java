package io.coppice.job.run;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.ThresholdException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EvaluateRunTest {
  @Test
  void whatIsWorseThanAskedForIsSaid() {
    Map<String, Double> results = Map.of("wiki", 8.5);

    assertThatCode(() -> EvaluateRun.requireAtMost(8.5, results)).doesNotThrowAnyException();
    assertThatThrownBy(() -> EvaluateRun.requireAtMost(8.4, results))
        .isInstanceOf(ThresholdException.class)
        .hasMessage("The perplexity on wiki is 8.5, above --max-perplexity 8.4");
  }

  @Test
  void noNumberIsGoodEnoughOnlyWhereNothingIsAskedFor() {
    Map<String, Double> results = Map.of("wiki", Double.NaN);

    assertThatCode(() -> EvaluateRun.requireAtMost(Double.POSITIVE_INFINITY, results))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> EvaluateRun.requireAtMost(1e9, results))
        .isInstanceOf(ThresholdException.class);
  }
}
