package io.coppice.storage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;

/**
 * JSON that Coppice itself writes and reads again. A text holds one value and nothing after it, and
 * is nested at most 1000 deep; numbers come back bit for bit, in records NaN and infinities too.
 */
public final class Json {
  // Nesting and lengths of numbers are bounded by Jackson's own constraints.
  private static final ObjectMapper MAPPER =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private Json() {}

  /** An object without members. */
  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** Puts a number, or null where it is NaN or infinite, for which JSON has no number. */
  public static void putFinite(ObjectNode node, String key, double value) {
    if (Double.isFinite(value)) {
      node.put(key, value);
    } else {
      node.putNull(key);
    }
  }

  /** A record, collection or other value on one line. */
  public static String text(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw notJson(value, e);
    }
  }

  /** The same over several lines, indented. */
  public static String indented(Object value) {
    try {
      return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw notJson(value, e);
    }
  }

  private static IllegalStateException notJson(Object value, JsonProcessingException cause) {
    return new IllegalStateException(value.getClass() + " cannot be written as JSON", cause);
  }

  /**
   * Reads any value.
   *
   * @throws JsonProcessingException if the text is not JSON
   */
  public static JsonNode parse(String text) throws JsonProcessingException {
    return MAPPER.readTree(text);
  }

  /**
   * Reads a list of records.
   *
   * @throws JsonProcessingException if the text is not JSON, or holds anything else
   */
  public static <R extends Record> List<R> parseList(String text, Class<R> type)
      throws JsonProcessingException {
    return MAPPER.readValue(
        text, MAPPER.getTypeFactory().constructCollectionType(List.class, type));
  }

  /** A map, record or other value as a tree. */
  public static JsonNode tree(Object value) {
    return MAPPER.valueToTree(value);
  }

  /** A string, number, boolean, list or map of such, as Java has it. */
  public static Object plain(JsonNode node) {
    return MAPPER.convertValue(node, Object.class);
  }

  /**
   * Reads a value from UTF-8.
   *
   * @throws IOException if the text is not JSON, or holds anything else
   */
  static <T> T parse(byte[] text, Class<T> type) throws IOException {
    return MAPPER.readValue(text, type);
  }
}
