package io.coppice.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.failure.InvalidDataException;

/** Typed, checked reading of {@code config.json}; every error names the key. */
final class ConfigReader {
  private static final int LARGEST = 1 << 24;

  private final JsonNode json;

  ConfigReader(JsonNode json) {
    this.json = json;
  }

  int positive(String key) {
    if (!json.hasNonNull(key)) {
      throw new InvalidDataException("config.json lacks the key %s".formatted(key));
    }
    return positive(key, 0);
  }

  int positive(String key, int absent) {
    JsonNode value = json.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return absent;
    }
    check(
        key,
        value.isInt() && value.intValue() > 0 && value.intValue() <= LARGEST,
        "a whole number from 1 to " + LARGEST);
    return value.intValue();
  }

  double positiveNumber(String key, double absent) {
    JsonNode value = json.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return absent;
    }
    check(
        key,
        value.isNumber() && value.doubleValue() > 0 && Double.isFinite(value.doubleValue()),
        "a positive number");
    return value.doubleValue();
  }

  boolean flag(String key, boolean absent) {
    JsonNode value = json.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return absent;
    }
    check(key, value.isBoolean(), "true or false");
    return value.booleanValue();
  }

  /** A token id; some models list several, of which the first counts. */
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

  void require(String key, String expected) {
    check(key, json.path(key).asText(expected).equals(expected), '"' + expected + '"');
  }

  /** Refuses a feature that is switched on. */
  void forbid(String key) {
    JsonNode value = json.path(key);
    boolean off =
        value.isMissingNode() || value.isNull() || (value.isBoolean() && !value.booleanValue());
    check(key, off, "absent, null or false: this architecture's variant is not supported");
  }

  void check(String key, boolean good, String expected) {
    if (!good) {
      throw new InvalidDataException(
          "config.json: %s is %s; expected %s".formatted(key, json.path(key), expected));
    }
  }
}
