package io.coppice.evaluate;

import java.util.List;

/** Physical common sense (Bisk et al. 2019, arXiv 1911.11641). */
record Piqa() implements Task {
  @Override
  public String name() {
    return "piqa";
  }

  @Override
  public boolean normalizes() {
    return true;
  }

  @Override
  public TaskItem item(TaskRecord record) {
    return TaskItem.Question.of(
        "Question: %s\nAnswer:".formatted(record.text("goal")),
        List.of(record.text("sol1"), record.text("sol2")),
        record.label("label"));
  }
}
