package io.coppice.evaluate;

import java.util.List;

/**
 * Recognising textual entailment, in GLUE's or SuperGLUE's files (Wang et al. 2018, arXiv
 * 1804.07461).
 */
record Rte() implements Task {
  private static final List<String> LABELS = List.of("entailment", "not_entailment");

  @Override
  public String name() {
    return "rte";
  }

  @Override
  public boolean normalizes() {
    return false;
  }

  @Override
  public TaskItem item(TaskRecord record) {
    String context =
        "%s\nQuestion: %s True or False?\nAnswer:"
            .formatted(record.text("sentence1", "premise"), record.text("sentence2", "hypothesis"));
    int word = LABELS.indexOf(record.word("label"));
    return TaskItem.Question.of(
        context, List.of("True", "False"), word >= 0 ? word : record.number("label"));
  }
}
