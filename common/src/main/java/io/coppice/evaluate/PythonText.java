package io.coppice.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Operations on text as Python's {@code str} has them, since prompts and published figures were
 * made in Python. White space is what {@code str.isspace} and {@code \s} take for it.
 */
final class PythonText {
  /** The characters of white space, for a pattern's brackets. */
  static final String SPACES =
      "\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

  private static final Pattern LINE_END = Pattern.compile("\r\n|\r");

  private PythonText() {}

  /** {@code text.strip()}. */
  static String strip(String text) {
    return stripLeft(stripRight(text));
  }

  /** {@code text.lstrip()}. */
  static String stripLeft(String text) {
    int begin = 0;
    while (begin < text.length() && isSpace(text.charAt(begin))) {
      begin++;
    }
    return text.substring(begin);
  }

  /** {@code text.rstrip()}. */
  static String stripRight(String text) {
    int end = text.length();
    while (end > 0 && isSpace(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(0, end);
  }

  /** {@code text.capitalize()}: the first character in title case, all others in lower case. */
  static String capitalize(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int rest = text.offsetByCodePoints(0, 1);
    String first = text.substring(0, rest);
    String title = new String(Character.toChars(Character.toTitleCase(first.codePointAt(0))));
    // Some characters, such as ß, have a title case of several; Java has it as upper case only.
    String upper = first.toUpperCase(Locale.ROOT);
    String begin =
        upper.length() > title.length()
            ? upper.substring(0, 1) + upper.substring(1).toLowerCase(Locale.ROOT)
            : title;
    return begin + text.substring(rest).toLowerCase(Locale.ROOT);
  }

  /** The lines of a file that is read in text mode, each with its {@code \n} if it has one. */
  static List<String> lines(String file) {
    String text = LINE_END.matcher(file).replaceAll("\n");
    List<String> lines = new ArrayList<>();
    int begin = 0;
    while (begin < text.length()) {
      int end = text.indexOf('\n', begin);
      int next = end < 0 ? text.length() : end + 1;
      lines.add(text.substring(begin, next));
      begin = next;
    }
    return lines;
  }

  private static boolean isSpace(char character) {
    return character <= ' '
        ? (character >= '\t' && character <= '\r') || character >= '\u001c'
        : character == '\u0085'
            || character == '\u00a0'
            || Character.getType(character) == Character.SPACE_SEPARATOR
            || character == '\u2028'
            || character == '\u2029';
  }
}
