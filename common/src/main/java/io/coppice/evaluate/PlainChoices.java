package io.coppice.evaluate;

/** Questions whose prompts are in the file: {@code query} or {@code context}, choices, gold. */
record PlainChoices(String name) implements Task {
  @Override
  public boolean normalizes() {
    return true;
  }

  @Override
  public TaskItem item(TaskRecord record) {
    return TaskItem.Question.of(
        record.text("query", "context"), record.texts("choices"), record.number("gold"));
  }
}
