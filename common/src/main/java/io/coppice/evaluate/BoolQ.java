package io.coppice.evaluate;

import java.util.List;

/** BoolQ (Clark et al. 2019, arXiv 1905.10044): yes or no, after a passage. */
record BoolQ() implements Task {
  @Override
  public String name() {
    return "boolq";
  }

  @Override
  public boolean normalizes() {
    return false;
  }

  @Override
  public double version() {
    return 2.0;
  }

  @Override
  public TaskItem item(TaskRecord record) {
    String context =
        "%s\nQuestion: %s?\nAnswer:".formatted(record.text("passage"), record.text("question"));
    int gold = record.label(record.has("answer") ? "answer" : "label");
    return TaskItem.Question.of(context, List.of("no", "yes"), gold);
  }
}
