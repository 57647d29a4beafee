package io.coppice.job.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Texts by the dense and the sparse model as the page shows them.
 *
 * @param missing the reason why there are none; empty where there are
 */
record SampleText(int tokens, List<Map<String, Object>> samples, String missing) {
  SampleText {
    samples = List.copyOf(samples);
  }

  /** Of a record's {@code samples.json}. */
  static Optional<SampleText> of(JsonNode file) {
    if (!file.isObject()) {
      return Optional.empty();
    }
    int tokens = file.path("tokens").asInt();
    List<Map<String, Object>> samples = new ArrayList<>();
    for (JsonNode sample : file.path("samples")) {
      samples.add(view(samples.size() + 1, sample, tokens));
    }
    return Optional.of(new SampleText(tokens, samples, Values.text(file, "missing")));
  }

  private static Map<String, Object> view(int number, JsonNode sample, int tokens) {
    String dense = Values.text(sample, "dense");
    String sparse = Values.text(sample, "sparse");
    int agreeing = sample.path("agreeing_tokens").asInt();
    int same = agreeing >= tokens ? sparse.length() : wholeWords(dense, sparse);
    return Map.of(
        "number",
        number,
        "opening",
        Values.text(sample, "opening"),
        "dense",
        dense,
        "same",
        sparse.substring(0, same),
        "other",
        sparse.substring(same),
        "agreement",
        agreeing >= tokens
            ? "the same %d tokens".formatted(tokens)
            : "%d of %d tokens the same before the first that differs".formatted(agreeing, tokens));
  }

  /** Characters up to the word in which two texts differ first. */
  private static int wholeWords(String one, String other) {
    int same = 0;
    int word = 0;
    while (same < Math.min(one.length(), other.length())
        && one.charAt(same) == other.charAt(same)) {
      same++;
      if (Character.isWhitespace(one.charAt(same - 1))) {
        word = same;
      }
    }
    return same == one.length() && same == other.length() ? same : word;
  }

  Map<String, Object> view() {
    return Map.of(
        "tokens", tokens,
        "some", !samples.isEmpty(),
        "samples", samples,
        "missing", missing);
  }
}
