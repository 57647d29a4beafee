package io.coppice.evaluate;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;

/**
 * WikiText-2 by page: the likelihood of the page in ordinary writing, by words and bytes of the
 * page as it is published, with spaces around punctuation (Merity et al. 2016, arXiv 1609.07843).
 */
record WikiText() implements Task {
  private static final Pattern SPACES = Pattern.compile("[" + PythonText.SPACES + "]+");

  /** A replacement; in this order they turn the published writing into ordinary writing. */
  private record Rule(Pattern pattern, String replacement) {
    static Rule literal(String text, String replacement) {
      return new Rule(Pattern.compile(Pattern.quote(text)), replacement);
    }

    /** No spaces just inside of two marks. */
    static Rule inside(String open, String notClose, String close, String replacement) {
      String spaces = "[" + PythonText.SPACES + "]*";
      return new Rule(
          Pattern.compile(open + spaces + "([^" + notClose + "]*?)" + spaces + close), replacement);
    }
  }

  private static final List<Rule> RULES =
      List.of(
          Rule.literal("s '", "s'"),
          new Rule(Pattern.compile("/' [0-9]/"), "/'[0-9]/"),
          Rule.literal(" @-@ ", "-"),
          Rule.literal(" @,@ ", ","),
          Rule.literal(" @.@ ", "."),
          Rule.literal(" : ", ": "),
          Rule.literal(" ; ", "; "),
          Rule.literal(" . ", ". "),
          Rule.literal(" ! ", "! "),
          Rule.literal(" ? ", "? "),
          Rule.literal(" , ", ", "),
          Rule.inside("\\(", "\\)", "\\)", "($1)"),
          Rule.inside("\\[", "\\]", "\\]", "[$1]"),
          Rule.inside("\\{", "}", "}", "{$1}"),
          Rule.inside("\"", "\"", "\"", "\"$1\""),
          Rule.inside("'", "'", "'", "'$1'"),
          Rule.literal("= = = =", "===="),
          Rule.literal("= = =", "==="),
          Rule.literal("= =", "=="),
          Rule.literal(" ° ", "°"),
          Rule.literal(" \n", "\n"),
          Rule.literal("\n ", "\n"),
          Rule.literal(" N ", " 1 "),
          Rule.literal(" 's", "'s"));

  @Override
  public String name() {
    return "wikitext";
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
    String page = record.text("page", "text");
    return new TaskItem.Page(
        ordinary(page),
        SPACES.split(page, -1).length,
        page.getBytes(StandardCharsets.UTF_8).length);
  }

  private static String ordinary(String page) {
    String text = page;
    for (Rule rule : RULES) {
      text = rule.pattern().matcher(text).replaceAll(rule.replacement());
    }
    return text;
  }
}
