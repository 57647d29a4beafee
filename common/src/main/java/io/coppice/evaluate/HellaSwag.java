package io.coppice.evaluate;

import java.util.regex.Pattern;

/**
 * HellaSwag (Zellers et al. 2019, arXiv 1905.07830): the end of a description, cleaned of its
 * marks.
 */
record HellaSwag() implements Task {
  /** In Python a dot stands for all but \n. */
  private static final Pattern BRACKETS = Pattern.compile("\\[.*?\\]", Pattern.UNIX_LINES);

  @Override
  public String name() {
    return "hellaswag";
  }

  @Override
  public boolean normalizes() {
    return true;
  }

  @Override
  public TaskItem item(TaskRecord record) {
    String context =
        "%s: %s %s"
            .formatted(
                record.text("activity_label"),
                record.text("ctx_a"),
                PythonText.capitalize(record.text("ctx_b")));
    return TaskItem.Question.of(
        clean(context),
        record.texts("endings").stream().map(HellaSwag::clean).toList(),
        record.number("label"));
  }

  private static String clean(String text) {
    String marked = PythonText.strip(text).replace(" [title]", ". ");
    return BRACKETS.matcher(marked).replaceAll("").replace("  ", " ");
  }
}
