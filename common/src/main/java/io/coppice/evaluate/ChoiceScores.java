package io.coppice.evaluate;

import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * The accuracy of a model on a task's questions.
 *
 * @param right for each question 1 if the likeliest choice is the right one, else 0
 * @param rightByLength the same by likelihood ÷ length of the choice
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record ChoiceScores(double[] right, double[] rightByLength) {

  /**
   * Scores questions.
   *
   * @param logLikelihoods of each choice of each question
   */
  public static ChoiceScores of(List<TaskItem.Question> questions, List<double[]> logLikelihoods) {
    return new ChoiceScores(
        score(questions, logLikelihoods, choice -> 1),
        score(questions, logLikelihoods, TaskItem.Choice::length));
  }

  private static double[] score(
      List<TaskItem.Question> questions,
      List<double[]> logLikelihoods,
      ToDoubleFunction<TaskItem.Choice> divisor) {
    return IntStream.range(0, questions.size())
        .mapToDouble(
            i -> {
              TaskItem.Question question = questions.get(i);
              double[] values = logLikelihoods.get(i);
              double[] divided =
                  IntStream.range(0, values.length)
                      .mapToDouble(
                          c -> values[c] / divisor.applyAsDouble(question.choices().get(c)))
                      .toArray();
              return largest(divided) == question.gold() ? 1 : 0;
            })
        .toArray();
  }

  /**
   * The index of the largest value; of equal ones the first. A NaN, as in numpy, is the largest.
   */
  private static int largest(double[] values) {
    int largest = 0;
    for (int i = 1; i < values.length; i++) {
      if (!Double.isNaN(values[largest])
          && (values[i] > values[largest] || Double.isNaN(values[i]))) {
        largest = i;
      }
    }
    return largest;
  }

  /** The share of right answers. */
  public Estimate accuracy() {
    return Estimate.of(right.length, i -> right[i]);
  }

  /** The share of right answers by likelihood ÷ length. */
  public Estimate accuracyByLength() {
    return Estimate.of(rightByLength.length, i -> rightByLength[i]);
  }

  /** This accuracy − another model's, with the paired standard error over the same questions. */
  public Estimate accuracyDifference(ChoiceScores other) {
    return difference(right, other.right);
  }

  /** As {@link #accuracyDifference} by likelihood ÷ length. */
  public Estimate accuracyByLengthDifference(ChoiceScores other) {
    return difference(rightByLength, other.rightByLength);
  }

  private static Estimate difference(double[] one, double[] other) {
    if (one.length != other.length) {
      throw new IllegalArgumentException(
          "%d and %d questions are not the same".formatted(one.length, other.length));
    }
    return Estimate.of(one.length, i -> one[i] - other[i]);
  }

  /** The number of questions. */
  public int count() {
    return right.length;
  }
}
