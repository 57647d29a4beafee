package io.coppice.job.run;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.ThresholdException;
import io.coppice.job.text.TextCount;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EvaluateRunTest {
  @Test
  void whatIsWorseThanAskedForIsSaid() {
    Map<String, EvaluateRun.TextPerplexity> results =
        Map.of("wiki", new EvaluateRun.TextPerplexity(8.5, 9, 1, new TextCount(1, 2)));

    assertThatCode(() -> EvaluateRun.requireAtMost(8.5, results)).doesNotThrowAnyException();
    assertThatThrownBy(() -> EvaluateRun.requireAtMost(8.4, results))
        .isInstanceOf(ThresholdException.class)
        .hasMessage("The perplexity on wiki is 8.5, above --max-perplexity 8.4");
  }

  @Test
  void noNumberIsGoodEnoughOnlyWhereNothingIsAskedFor() {
    Map<String, EvaluateRun.TextPerplexity> results =
        Map.of("wiki", new EvaluateRun.TextPerplexity(Double.NaN, 9, 1, new TextCount(1, 2)));

    assertThatCode(() -> EvaluateRun.requireAtMost(Double.POSITIVE_INFINITY, results))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> EvaluateRun.requireAtMost(1e9, results))
        .isInstanceOf(ThresholdException.class);
  }
}
