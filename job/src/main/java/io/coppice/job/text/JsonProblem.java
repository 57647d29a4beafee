package io.coppice.job.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import io.coppice.failure.Words;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;

/** Says what is wrong with a line of JSON to people who do not know the library that read it. */
final class JsonProblem {
  private static final int SHOWN_BEFORE = 12;
  private static final int SHOWN_AFTER = 12;

  private JsonProblem() {}

  /** Names the problem, without a full stop. */
  static String words(JsonProcessingException problem, byte[] line) {
    String text = Utf8.decode(line, line.length);
    if (problem instanceof JsonEOFException) {
      return "not valid JSON: the line ends before its object does; an object must stand whole on one"
          + " line (jq -c . FILE writes it so)";
    }
    int index = index(problem, line, text);
    return "not valid JSON near column %d (%s): %s"
        .formatted(index + 1, Words.quote(around(text, index)), cause(text, index));
  }

  /** About the character at which the library gave up; it counts bytes, and may be one ahead. */
  private static int index(JsonProcessingException problem, byte[] line, String text) {
    int column = problem.getLocation() == null ? 1 : problem.getLocation().getColumnNr();
    int bytes = Math.max(0, Math.min(line.length, column - 2));
    int read = new String(line, 0, bytes, StandardCharsets.UTF_8).length();
    return Math.max(0, Math.min(text.length() - 1, read));
  }

  private static String around(String text, int index) {
    return text.substring(
        Math.max(0, index - SHOWN_BEFORE), Math.min(text.length(), index + SHOWN_AFTER));
  }

  private static String cause(String text, int index) {
    String found = text.substring(index, Math.min(text.length(), index + 2));
    OptionalInt control = found.chars().filter(character -> character < ' ').findFirst();
    if (control.isPresent()) {
      return "a control character (code %d) that is not escaped".formatted(control.getAsInt());
    }
    if (found.contains("'")) {
      return "names and strings stand in double quotes";
    }
    // Of a word, the place may be that after it.
    String close = text.substring(Math.max(0, index - 1), index + 1);
    return close.chars().anyMatch(Character::isLetter)
        ? "a word that is not in quotes, or a comma, colon or quote too few or too many"
        : "a comma, colon, quote, bracket or brace too few or too many";
  }
}
