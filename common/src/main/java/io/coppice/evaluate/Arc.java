package io.coppice.evaluate;

/** The AI2 reasoning challenge, easy or hard (Clark et al. 2018, arXiv 1803.05457). */
record Arc(String name) implements Task {
  @Override
  public boolean normalizes() {
    return true;
  }

  @Override
  public TaskItem item(TaskRecord record) {
    // The authors put the question's text and choices into an object.
    TaskRecord asked = record.isRecord("question") ? record.record("question") : record;
    String context = "Question: %s\nAnswer:".formatted(asked.text("question", "stem"));
    return LabelledChoices.of(asked).after(context, record.word("answerKey"));
  }
}
