package io.coppice.job.evaluation;

import io.coppice.failure.UsageException;
import java.util.Arrays;
import java.util.Map;

/**
 * Two models measured on the same texts and tasks.
 *
 * @param one the model in question
 * @param other the one that it is compared with
 */
public record Comparison(Evaluation one, Evaluation other) {

  /**
   * Fails unless two models read the texts as the same tokens, for else their losses are of other
   * things.
   *
   * @throws UsageException if so
   */
  static void requireSameWindows(EvaluationData one, EvaluationData other) {
    for (Map.Entry<String, EvaluationTexts.Text> text : one.texts().entrySet()) {
      int[][] windows = other.texts().get(text.getKey()).windows();
      if (!Arrays.deepEquals(text.getValue().windows(), windows)) {
        throw new UsageException(
            "%s and %s have different tokens for %s, so their perplexities cannot be compared; leave"
                    .formatted(
                        one.source().checkpoint().folder(),
                        other.source().checkpoint().folder(),
                        text.getKey())
                + " --text out, and compare them by tasks");
      }
    }
  }
}
