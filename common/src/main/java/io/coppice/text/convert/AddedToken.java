package io.coppice.text.convert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;

/**
 * A token that is found in a text before the model of the tokenizer sees it.
 *
 * @param content its text, not empty
 * @param singleWord whether it must be a word by itself
 * @param stripLeft whether white space in front of it belongs to it
 * @param stripRight whether white space after it belongs to it
 * @param normalized whether it is looked for in the normalised text
 * @param special whether it is no part of a decoded text
 */
record AddedToken(
    String content,
    boolean singleWord,
    boolean stripLeft,
    boolean stripRight,
    boolean normalized,
    boolean special) {

  static AddedToken plain(String content, boolean normalized, boolean special) {
    return new AddedToken(content, false, false, false, normalized, special);
  }

  /**
   * The token of an object as tokenizer_config.json and special_tokens_map.json hold it.
   *
   * @param what the token is, and the file, for messages
   */
  static AddedToken of(JsonNode object, String what) {
    String content = object.path("content").asText("");
    if (!object.path("content").isTextual() || content.isEmpty()) {
      throw new InvalidDataException(
          "%s must have a content, a text that is not empty, but is %s"
              .formatted(what, Words.line(object.toString())));
    }
    boolean special = flag(object, "special", false, what);
    return new AddedToken(
        content,
        flag(object, "single_word", false, what),
        flag(object, "lstrip", false, what),
        flag(object, "rstrip", false, what),
        flag(object, "normalized", !special, what),
        special);
  }

  AddedToken asSpecial() {
    return new AddedToken(content, singleWord, stripLeft, stripRight, normalized, true);
  }

  /** Appends the token as tokenizer.json lists it. */
  void write(ArrayNode tokens, int id) {
    ObjectNode token = tokens.addObject();
    token.put("id", id).put("content", content);
    token.put("single_word", singleWord).put("lstrip", stripLeft).put("rstrip", stripRight);
    token.put("normalized", normalized).put("special", special);
  }

  private static boolean flag(JsonNode object, String name, boolean otherwise, String what) {
    JsonNode value = object.path(name);
    if (!value.isMissingNode() && !value.isBoolean()) {
      throw new InvalidDataException(
          "%s must have %s true or false, but it is %s"
              .formatted(what, name, Words.line(value.toString())));
    }
    return value.asBoolean(otherwise);
  }
}
