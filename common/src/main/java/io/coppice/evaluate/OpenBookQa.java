package io.coppice.evaluate;

/** OpenBookQA without the book (Mihaylov et al. 2018, arXiv 1809.02789). */
record OpenBookQa() implements Task {
  @Override
  public String name() {
    return "openbookqa";
  }

  @Override
  public boolean normalizes() {
    return true;
  }

  @Override
  public TaskItem item(TaskRecord record) {
    TaskRecord asked = record.isRecord("question") ? record.record("question") : record;
    return LabelledChoices.of(asked)
        .after(asked.text("question_stem", "stem"), PythonText.stripLeft(record.word("answerKey")));
  }
}
