package io.coppice.text.convert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import java.util.EnumSet;
import java.util.Set;

/**
 * A token that is found in a text before the model of the tokenizer sees it.
 *
 * @param content its text, not empty
 * @param properties its properties
 */
record AddedToken(String content, Set<Property> properties) {

  /** The properties by the names of their keys, in the order of tokenizer.json. */
  enum Property {
    /** It must be a word by itself. */
    SINGLE_WORD("single_word"),
    /** White space in front of it belongs to it. */
    STRIP_LEFT("lstrip"),
    /** White space after it belongs to it. */
    STRIP_RIGHT("rstrip"),
    /** It is looked for in the normalised text. */
    NORMALIZED("normalized"),
    /** It is not a part of a decoded text. */
    SPECIAL("special");

    private final String key;

    Property(String key) {
      this.key = key;
    }
  }

  AddedToken {
    properties = Set.copyOf(properties);
  }

  /** A token with the given properties. */
  static AddedToken of(String content, Property... properties) {
    return new AddedToken(content, Set.of(properties));
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
    boolean special = flag(object, Property.SPECIAL, false, what);
    Set<Property> properties = EnumSet.noneOf(Property.class);
    for (Property property : Property.values()) {
      // Special tokens are usually not normalised, others are.
      boolean absent = property == Property.NORMALIZED && !special;
      if (flag(object, property, absent, what)) {
        properties.add(property);
      }
    }
    return new AddedToken(content, properties);
  }

  AddedToken asSpecial() {
    Set<Property> more = EnumSet.of(Property.SPECIAL);
    more.addAll(properties);
    return new AddedToken(content, more);
  }

  /** Appends the token as tokenizer.json lists it. */
  void write(ArrayNode tokens, int id) {
    ObjectNode token = tokens.addObject().put("id", id).put("content", content);
    for (Property property : Property.values()) {
      token.put(property.key, properties.contains(property));
    }
  }

  private static boolean flag(JsonNode object, Property property, boolean absent, String what) {
    JsonNode value = object.path(property.key);
    if (!value.isMissingNode() && !value.isBoolean()) {
      throw new InvalidDataException(
          "%s must have %s true or false, but it is %s"
              .formatted(what, property.key, Words.line(value.toString())));
    }
    return value.asBoolean(absent);
  }
}
