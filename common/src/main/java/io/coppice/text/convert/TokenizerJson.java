package io.coppice.text.convert;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A tokenizer as the tokenizers library reads it.
 *
 * @param json the content of a {@code tokenizer.json}, the model's own or one made from other files
 * @param text the same as text, for the library
 * @param file the full path of the file that it comes from, for messages
 * @param begin the token that the model's files call {@code bos_token}, if they name one
 */
public record TokenizerJson(JsonNode json, String text, String file, Optional<String> begin) {

  /**
   * The id of a token, which is a word in the vocabulary or an added token.
   *
   * @param content the token's text
   */
  public OptionalInt id(String content) {
    return id(json, content);
  }

  static OptionalInt id(JsonNode tokenizer, String content) {
    for (JsonNode added : tokenizer.path("added_tokens")) {
      if (added.path("content").asText().equals(content) && added.path("id").isInt()) {
        return OptionalInt.of(added.path("id").intValue());
      }
    }
    JsonNode vocabulary = tokenizer.path("model").path("vocab");
    if (vocabulary.path(content).isInt()) {
      return OptionalInt.of(vocabulary.path(content).intValue());
    }
    for (int id = 0; vocabulary.isArray() && id < vocabulary.size(); id++) {
      if (vocabulary.path(id).path(0).asText().equals(content)) {
        return OptionalInt.of(id);
      }
    }
    return OptionalInt.empty();
  }
}
