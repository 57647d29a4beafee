package io.coppice.job.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.storage.Json;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.OptionalLong;

/** Reads values that may be missing from records, and writes those that are given to charts. */
final class Values {
  private Values() {}

  /** A number, or NaN where there is none. */
  static double number(JsonNode node, String key) {
    return number(node.path(key));
  }

  /** A number, or NaN where there is none. */
  static double number(JsonNode value) {
    return value.isNumber() ? value.doubleValue() : Double.NaN;
  }

  /** A text, empty where there is none. */
  static String text(JsonNode node, String key) {
    JsonNode value = node.path(key);
    return value.isValueNode() && !value.isNull() ? value.asText() : "";
  }

  /** Milliseconds since 1970 of a time as ISO 8601 writes it. */
  static OptionalLong millis(JsonNode node, String key) {
    try {
      return OptionalLong.of(Instant.parse(text(node, key)).toEpochMilli());
    } catch (DateTimeException e) {
      return OptionalLong.empty();
    }
  }

  /** A list of points, null where a coordinate is NaN. */
  static ArrayNode point(double... coordinates) {
    ArrayNode point = Json.object().arrayNode();
    for (double coordinate : coordinates) {
      if (Double.isFinite(coordinate)) {
        point.add(coordinate);
      } else {
        point.addNull();
      }
    }
    return point;
  }

  /** A named number. */
  static ObjectNode item(String name, double value) {
    ObjectNode item = Json.object().put("name", name);
    Json.putFinite(item, "value", value);
    return item;
  }
}
