package io.coppice.evaluate;

import io.coppice.failure.InvalidDataException;
import java.util.stream.Stream;

/**
 * WinoGrande (Sakaguchi et al. 2019, arXiv 1907.10641): each option stands in the gap, and the
 * likelihood of what follows it counts.
 */
record WinoGrande() implements Task {
  @Override
  public String name() {
    return "winogrande";
  }

  @Override
  public boolean normalizes() {
    return false;
  }

  @Override
  public TaskItem item(TaskRecord record) {
    String sentence = record.text("sentence");
    int gap = sentence.indexOf('_');
    if (gap < 0) {
      throw new InvalidDataException("expected a gap, _, in its sentence, but there is none");
    }
    String before = sentence.substring(0, gap);
    String after = PythonText.strip(sentence.substring(gap + 1));
    return new TaskItem.Question(
        Stream.of(record.text("option1"), record.text("option2"))
            .map(option -> TaskItem.Choice.after(before + option, after))
            .toList(),
        record.number("answer") - 1);
  }
}
