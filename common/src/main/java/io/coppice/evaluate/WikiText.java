package io.coppice.evaluate;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;

/**
 * WikiText-2 by page: the likelihood of the page in ordinary writing, by words and bytes of the
 * page as it is published, with spaces around punctuation (Merity et al. 2016, arXiv 1609.07843).
 */
record WikiText() implements Task {
  private static final Pattern PRIMED_DIGIT = Pattern.compile("/' [0-9]/");
  private static final Pattern SPACES = Pattern.compile("[" + PythonText.SPACES + "]+");

  /** A replacement; in this order they turn the published writing into ordinary writing. */
  private interface Rule {
    String apply(String text);
  }

  private static Rule literal(String text, String replacement) {
    return page -> page.replace(text, replacement);
  }

  /** No spaces just inside of two marks; by scanning, as a pattern may take for ever. */
  private static Rule inside(char open, char close) {
    return page -> {
      StringBuilder result = new StringBuilder();
      int done = 0;
      int begin = page.indexOf(open);
      int end = page.indexOf(close, begin + 1);
      while (begin >= 0 && end >= 0) {
        result.append(page, done, begin + 1);
        result.append(PythonText.strip(page.substring(begin + 1, end))).append(close);
        done = end + 1;
        begin = page.indexOf(open, done);
        end = page.indexOf(close, begin + 1);
      }
      return result.append(page, done, page.length()).toString();
    };
  }

  private static final List<Rule> RULES =
      List.of(
          literal("s '", "s'"),
          page -> PRIMED_DIGIT.matcher(page).replaceAll("/'[0-9]/"),
          literal(" @-@ ", "-"),
          literal(" @,@ ", ","),
          literal(" @.@ ", "."),
          literal(" : ", ": "),
          literal(" ; ", "; "),
          literal(" . ", ". "),
          literal(" ! ", "! "),
          literal(" ? ", "? "),
          literal(" , ", ", "),
          inside('(', ')'),
          inside('[', ']'),
          inside('{', '}'),
          inside('"', '"'),
          inside('\'', '\''),
          literal("= = = =", "===="),
          literal("= = =", "==="),
          literal("= =", "=="),
          literal(" ° ", "°"),
          literal(" \n", "\n"),
          literal("\n ", "\n"),
          literal(" N ", " 1 "),
          literal(" 's", "'s"));

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
      text = rule.apply(text);
    }
    return text;
  }
}
