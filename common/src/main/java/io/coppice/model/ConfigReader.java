package io.coppice.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import java.util.List;

/** Typed, checked reading of {@code config.json}; every error names the key. */
final class ConfigReader {
  private static final int LARGEST = 1 << 24;
  // Both it and its inverse can be represented in float32.
  private static final double SMALLEST = 1e-30;

  private final JsonNode json;
  private final String path;

  ConfigReader(JsonNode json) {
    this(json, "");
  }

  private ConfigReader(JsonNode json, String path) {
    this.json = json;
    this.path = path;
  }

  /** Whether a key is present and not null. */
  boolean isPresent(String key) {
    return json.hasNonNull(key);
  }

  /** Whether an object is empty. */
  boolean isEmpty() {
    return json.isEmpty();
  }

  /** Whether a key is present, even as null. */
  boolean isStated(String key) {
    return json.has(key);
  }

  /** The keys inside an object. */
  ConfigReader object(String key) {
    requirePresent(key);
    check(key, json.path(key).isObject(), "an object");
    return new ConfigReader(json.path(key), path + key + ".");
  }

  String text(String key) {
    requirePresent(key);
    check(key, json.path(key).isTextual(), "a string");
    return json.path(key).textValue();
  }

  int positive(String key) {
    requirePresent(key);
    return positive(key, 0);
  }

  double positiveNumber(String key) {
    requirePresent(key);
    return positiveNumber(key, 0);
  }

  int positive(String key, int absent) {
    return whole(key, absent, 1);
  }

  /** A whole number, at least 0. */
  int natural(String key, int absent) {
    return whole(key, absent, 0);
  }

  /** Some programs write whole numbers as 4096.0, which is the same number. */
  private int whole(String key, int absent, int least) {
    if (!isPresent(key)) {
      return absent;
    }
    JsonNode value = json.path(key);
    double number = value.doubleValue();
    check(
        key,
        value.isNumber() && number == Math.rint(number) && number >= least && number <= LARGEST,
        "a whole number from %d to %d".formatted(least, LARGEST));
    return (int) number;
  }

  double positiveNumber(String key, double absent) {
    if (!isPresent(key)) {
      return absent;
    }
    JsonNode value = json.path(key);
    check(
        key,
        value.isNumber() && value.doubleValue() >= SMALLEST && value.doubleValue() <= 1 / SMALLEST,
        "a positive number, neither tiny nor huge");
    return value.doubleValue();
  }

  /** Refuses sizes whose product is too large. */
  void requireProduct(String key, int size, String otherKey, int other) {
    check(
        key,
        (long) size * other <= LARGEST,
        "at most %d together with %s".formatted(LARGEST, otherKey));
  }

  boolean flag(String key, boolean absent) {
    if (!isPresent(key)) {
      return absent;
    }
    JsonNode value = json.path(key);
    check(key, value.isBoolean(), "true or false");
    return value.booleanValue();
  }

  /** A token id; some models list several, the first of which counts. */
  int token(String key, int absent) {
    JsonNode value = json.path(key);
    if (value.isArray() && !value.isEmpty()) {
      value = value.get(0);
    }
    if (value.isMissingNode() || value.isNull()) {
      return absent;
    }
    check(key, value.isInt() && value.intValue() >= 0, "a token id");
    return value.intValue();
  }

  /** Refuses a list with any other value; it may be absent. */
  void requireAll(String key, String expected) {
    JsonNode values = json.path(key);
    boolean good = !isPresent(key) || values.isArray();
    for (JsonNode value : values) {
      good &= value.asText().equals(expected);
    }
    check(key, good, "absent or a list of \"%s\" only".formatted(expected));
  }

  /** Refuses a text other than the expected ones; it may be absent. */
  void require(String key, String... expected) {
    List<String> values = List.of(expected);
    check(
        key,
        values.contains(json.path(key).asText(values.get(0))),
        '"' + String.join("\" or \"", values) + '"');
  }

  /** Refuses an object that holds other objects. */
  void requireFlat(String expected) {
    json.fieldNames().forEachRemaining(key -> check(key, !json.path(key).isObject(), expected));
  }

  /** Refuses a feature that is switched on. */
  void forbid(String key) {
    JsonNode value = json.path(key);
    boolean off = !isPresent(key) || (value.isBoolean() && !value.booleanValue());
    check(key, off, "absent, null or false: this architecture's variant is not supported");
  }

  /** Refuses a feature that is switched off; the default is on. */
  void requireOn(String key) {
    check(key, flag(key, true), "absent or true: this architecture's variant is not supported");
  }

  void check(String key, boolean good, String expected) {
    if (!good) {
      throw unfit(key, expected);
    }
  }

  /** The error that a value is not what was expected. */
  InvalidDataException unfit(String key, String expected) {
    return new InvalidDataException(
        "config.json: %s; expected %s".formatted(statement(key), expected));
  }

  /** The file's statement about a key, for messages. */
  String statement(String key) {
    JsonNode value = json.path(key);
    return "%s is %s"
        .formatted(path + key, value.isMissingNode() ? "absent" : Words.line(value.toString()));
  }

  private void requirePresent(String key) {
    if (!isPresent(key)) {
      throw new InvalidDataException("config.json lacks the key %s".formatted(path + key));
    }
  }
}
