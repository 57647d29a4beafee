package io.coppice.evaluate;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import java.util.List;

/**
 * Choices with labels, as ARC and OpenBookQA have them: lists of texts and labels on the hub, a
 * list of objects in the authors' files.
 */
record LabelledChoices(List<String> texts, List<String> labels) {
  LabelledChoices {
    if (texts.size() != labels.size()) {
      throw new InvalidDataException(
          "expected a label for each choice, but found texts: %d, labels: %d"
              .formatted(texts.size(), labels.size()));
    }
    if (labels.stream().distinct().count() < labels.size()) {
      throw new InvalidDataException(
          "expected a label of its own for each choice, but found %s"
              .formatted(Words.line(String.join(", ", labels))));
    }
  }

  /** The choices in a record's field {@code choices}. */
  static LabelledChoices of(TaskRecord record) {
    if (record.isList("choices")) {
      List<TaskRecord> choices = record.records("choices");
      return new LabelledChoices(
          choices.stream().map(choice -> choice.text("text")).toList(),
          choices.stream().map(choice -> choice.text("label")).toList());
    }
    TaskRecord choices = record.record("choices");
    return new LabelledChoices(choices.texts("text"), choices.texts("label"));
  }

  /**
   * The index of a label.
   *
   * @throws InvalidDataException if no choice has it
   */
  int indexOf(String label) {
    int index = labels.indexOf(label);
    if (index < 0) {
      throw new InvalidDataException(
          "its right answer is %s, but the choices are %s"
              .formatted(Words.quote(label), Words.line(String.join(", ", labels))));
    }
    return index;
  }

  /** The question about these choices. */
  TaskItem.Question after(String context, String answer) {
    return TaskItem.Question.of(context, texts, indexOf(answer));
  }
}
