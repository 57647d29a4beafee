package io.coppice.job.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The first screen: what was run, the figures that matter most, and what follows from them.
 *
 * @param about what was run, in a line
 * @param verdict the plain sentence
 */
record Headline(String title, String about, List<Tile> tiles, Verdict verdict) {
  private static final Pattern OPTION = Pattern.compile("--[a-z][a-z-]+");

  Headline {
    tiles = List.copyOf(tiles);
  }

  /** A figure in large type. */
  record Tile(String label, String value, String note) {
    Map<String, Object> view() {
      return Map.of("label", label, "value", value, "note", note);
    }
  }

  /**
   * The judgement on a run.
   *
   * @param tone {@code good}, {@code bad} or {@code plain}
   * @param word the judgement in a word or two
   * @param sentences the first says why, others what to try
   */
  record Verdict(String tone, String word, List<String> sentences) {
    Verdict {
      sentences = List.copyOf(sentences);
    }
  }

  Map<String, Object> view() {
    return Map.of(
        "title", title,
        "about", about,
        "tiles", tiles.stream().map(Tile::view).toList(),
        "tone", verdict.tone(),
        "word", verdict.word(),
        "sentences",
            verdict.sentences().stream().map(text -> Map.of("parts", parts(text))).toList());
  }

  /** A sentence cut at the names of options, of which no line should end within one. */
  private static List<Map<String, String>> parts(String sentence) {
    List<Map<String, String>> parts = new ArrayList<>();
    Matcher option = OPTION.matcher(sentence);
    int end = 0;
    while (option.find()) {
      parts.add(Map.of("text", sentence.substring(end, option.start()), "option", option.group()));
      end = option.end();
    }
    parts.add(Map.of("text", sentence.substring(end), "option", ""));
    return parts;
  }
}
