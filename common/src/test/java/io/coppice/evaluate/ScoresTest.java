package io.coppice.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.coppice.evaluate.TaskItem.Page;
import io.coppice.evaluate.TaskItem.Question;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScoresTest {
  private static final List<Question> QUESTIONS =
      List.of(
          Question.of("a", List.of("x", "yyyy"), 1),
          Question.of("b", List.of("xx", "y"), 0),
          Question.of("c", List.of("x", "y"), 1),
          Question.of("d", List.of("x", "y"), 0));

  @Test
  void theLikeliestChoiceIsTakenOfEqualOnesTheFirst() {
    ChoiceScores scores =
        ChoiceScores.of(
            QUESTIONS,
            List.of(
                new double[] {-2, -4},
                new double[] {-3, -2},
                new double[] {-1, -1},
                new double[] {-1, -5}));

    // Likeliest: 0, 1, 0, 0; by length −2 and −1, −1.5 and −2, as before.
    assertThat(scores.right()).containsExactly(0, 0, 0, 1);
    assertThat(scores.rightByLength()).containsExactly(1, 1, 0, 1);
    assertThat(scores.accuracy().mean()).isEqualTo(0.25);
    assertThat(scores.accuracy().standardError()).isCloseTo(Math.sqrt(0.25 / 4), within(1e-12));
    assertThat(scores.accuracyByLength().mean()).isEqualTo(0.75);
  }

  @Test
  void differencesArePairedByQuestion() {
    ChoiceScores one = new ChoiceScores(new double[] {1, 1, 0, 1}, new double[] {1, 1, 1, 1});
    ChoiceScores other = new ChoiceScores(new double[] {1, 0, 0, 0}, new double[] {1, 1, 1, 1});

    // Differences 0, 1, 0, 1.
    assertThat(one.accuracyDifference(other).mean()).isEqualTo(0.5);
    assertThat(one.accuracyDifference(other).standardError())
        .isCloseTo(Math.sqrt(1 / 3.0 / 4), within(1e-12));
    assertThat(one.accuracyByLengthDifference(other)).isEqualTo(new Estimate(0, 0));
  }

  @Test
  void pagesAreDividedByAllWordsAndBytes() {
    PageScores scores =
        PageScores.of(List.of(new Page("a", 2, 10), new Page("b", 3, 20)), new double[] {-12, -18});

    assertThat(scores.wordPerplexity().mean()).isCloseTo(Math.exp(6), within(1e-9));
    assertThat(scores.wordPerplexity().standardError()).isCloseTo(0, within(1e-9));
    assertThat(scores.bytePerplexity().mean()).isCloseTo(Math.E, within(1e-12));
    assertThat(scores.bitsPerByte().mean()).isCloseTo(1 / Math.log(2), within(1e-12));
    // Residuals −12 + 10 and 18 − 20 of the bytes, whose mean is 15.
    assertThat(scores.bitsPerByte().standardError())
        .isCloseTo(2 / 15.0 / Math.log(2), within(1e-12));
    PageScores other =
        PageScores.of(List.of(new Page("a", 2, 10), new Page("b", 3, 20)), new double[] {-14, -22});
    assertThat(scores.bitsPerByteDifference(other).mean())
        .isCloseTo(-0.2 / Math.log(2), within(1e-12));
    assertThat(scores.bitsPerByteDifference(other).standardError()).isCloseTo(0, within(1e-12));
  }
}
