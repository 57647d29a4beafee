package io.coppice.evaluate;

import io.coppice.failure.InvalidDataException;
import java.util.List;

/** One record of a task's file, as the model is asked about it. */
public sealed interface TaskItem {

  /**
   * A question with choices, of which the model takes the likeliest.
   *
   * @param gold index of the right choice
   */
  record Question(List<Choice> choices, int gold) implements TaskItem {
    /**
     * @throws InvalidDataException if there is no choice of that index
     */
    public Question {
      choices = List.copyOf(choices);
      if (choices.isEmpty()) {
        throw new InvalidDataException("it has no choices");
      }
      if (gold < 0 || gold >= choices.size()) {
        throw new InvalidDataException(
            "its right answer is number %d, counted from 0, but there %s%s"
                .formatted(
                    gold,
                    choices.size() == 1 ? "is 1 choice" : "are " + choices.size() + " choices",
                    gold == -1 ? "; splits for testing are published without answers" : ""));
      }
    }

    /** A question whose choices follow one context, each after a space. */
    static Question of(String context, List<String> choices, int gold) {
      return new Question(
          choices.stream().map(choice -> Choice.after(context, choice)).toList(), gold);
    }
  }

  /**
   * A choice: the likelihood of the continuation after the context is asked for.
   *
   * @param length the divisor for acc_norm, in code points
   */
  record Choice(String context, String continuation, int length) {
    /** A choice that follows its context after a space, which does not count. */
    static Choice after(String context, String choice) {
      return new Choice(context, " " + choice, choice.codePointCount(0, choice.length()));
    }
  }

  /**
   * A page of text, all of whose tokens are predicted.
   *
   * @param words that the result is divided by
   * @param bytes that the result is divided by
   */
  record Page(String text, long words, long bytes) implements TaskItem {}
}
