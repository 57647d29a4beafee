package io.coppice.text;

import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Checks of everything that the native library takes for granted in a {@code tokenizer.json}: where
 * it does not hold, the library would end the whole process rather than refuse the file.
 */
final class TokenizerCheck {
  private static final int DEEPEST = 100;
  private static final int MOST_GROUPS = 500;

  private final String file;
  private final CharsetEncoder encoder = StandardCharsets.UTF_8.newEncoder();

  private TokenizerCheck(String file) {
    this.file = file;
  }

  /**
   * Checks the content of a file.
   *
   * @param file its path, for messages
   * @throws InvalidDataException if the library could not cope with it
   */
  static void require(JsonNode tokenizer, String file) {
    TokenizerCheck check = new TokenizerCheck(file);
    check.requirePlain(tokenizer, DEEPEST);
    check.requirePrefixes(tokenizer.path("model"));
    each(tokenizer.path("post_processor"), "processors", check::requireSpecialTokens);
    each(tokenizer.path("decoder"), "decoders", check::requireNoStop);
  }

  /** A part of the tokenizer, or the parts of a sequence of them. */
  private static void each(JsonNode part, String parts, Consumer<JsonNode> check) {
    check.accept(part);
    part.path(parts).forEach(inner -> each(inner, parts, check));
  }

  /**
   * Refuses JSON that Jackson reads but the library's parser does not; some of the library's parts
   * cannot report an error.
   */
  private void requirePlain(JsonNode node, int depth) {
    if (depth == 0) {
      throw broken("is nested more than %s deep", String.valueOf(DEEPEST));
    }
    requireCharacters(node.asText());
    if (node.isNumber() && !Double.isFinite(node.doubleValue())) {
      throw broken("holds the number %s, which is too large", node.asText());
    }
    if (node.path("Regex").asText().chars().filter(c -> c == '[' || c == '(').count()
        > MOST_GROUPS) {
      throw broken("has a Regex with more than %s groups", String.valueOf(MOST_GROUPS));
    }
    node.fieldNames().forEachRemaining(this::requireCharacters);
    node.forEach(inner -> requirePlain(inner, depth - 1));
  }

  private void requireCharacters(String text) {
    if (!encoder.canEncode(text)) {
      throw broken("holds half a character: %s", text);
    }
  }

  /** The library cuts the prefix off the second half of each merge without checking it. */
  private void requirePrefixes(JsonNode model) {
    String prefix = model.path("continuing_subword_prefix").asText("");
    if (!model.path("continuing_subword_prefix").isTextual() || prefix.isEmpty()) {
      return;
    }
    for (JsonNode merge : model.path("merges")) {
      String second =
          merge.isArray()
              ? merge.path(1).asText()
              : merge.asText().substring(merge.asText().indexOf(' ') + 1);
      if (!second.startsWith(prefix)) {
        throw broken(
            "merges into %s, which does not begin with its continuing_subword_prefix", second);
      }
    }
  }

  /** The library looks up the special tokens of a template without checking that they exist. */
  private void requireSpecialTokens(JsonNode processor) {
    for (String template : new String[] {"single", "pair"}) {
      for (JsonNode piece : processor.path(template)) {
        String name = piece.path("SpecialToken").path("id").asText("");
        if (piece.has("SpecialToken") && !processor.path("special_tokens").has(name)) {
          throw broken("has a template with %s, which is not among its special_tokens", name);
        }
      }
    }
    for (JsonNode piece : processor.path("single")) {
      String sequence = piece.path("Sequence").path("id").asText("A");
      if (!sequence.equals("A")) {
        throw broken("has a template of a single text with a second one, %s", sequence);
      }
    }
  }

  /** The library strips characters from the end of tokens that may have none. */
  private void requireNoStop(JsonNode decoder) {
    if (decoder.path("type").asText().equals("Strip") && decoder.path("stop").asLong() != 0) {
      throw broken("has a Strip decoder with a stop of %s, not 0", decoder.path("stop").asText());
    }
  }

  private InvalidDataException broken(String what, String name) {
    return new InvalidDataException(file + " " + what.formatted(Words.quote(name)));
  }
}
