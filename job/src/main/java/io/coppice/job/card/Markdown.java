package io.coppice.job.card;

import io.coppice.failure.Words;
import java.util.regex.Pattern;

/** Puts names from anywhere into Markdown, where they stay text. */
final class Markdown {
  private static final Pattern SPECIAL = Pattern.compile("[\\\\`*_{}\\[\\]<>()#+!|&~$-]");
  private static final Pattern TICKS = Pattern.compile("`+");

  private Markdown() {}

  /** A text on one line, also of a table. */
  static String text(String text) {
    return SPECIAL.matcher(Words.line(text)).replaceAll("\\\\$0");
  }

  /** A name in the type of code, also in a table. */
  static String code(String name) {
    String line = Words.line(name);
    // Tables are cut at bars before code is seen, and a tick would end it.
    return line.contains("`") || line.contains("|") ? text(line) : "`" + line + "`";
  }

  /** A block of code, whatever it holds. */
  static String block(String language, String code) {
    int longest = TICKS.matcher(code).results().mapToInt(m -> m.end() - m.start()).max().orElse(0);
    String fence = "`".repeat(Math.max(3, longest + 1));
    return "%s%s\n%s\n%s\n".formatted(fence, language, code.strip(), fence);
  }
}
