package io.coppice.evaluate;

import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A record of a task's file: a JSON object, or a row of a Parquet file as one. */
public record TaskRecord(JsonNode json) {
  private static final int SHOWN = 20;

  /** Whether a field is there and not null. */
  boolean has(String field) {
    return json.hasNonNull(field);
  }

  /** The text of the first of some fields that is there. */
  String text(String... fields) {
    JsonNode value = value(fields);
    if (!value.isTextual()) {
      throw wrong(fields, "a text", value);
    }
    return value.textValue();
  }

  /** An answer as text, which some files write as a number. */
  String word(String field) {
    JsonNode value = value(field);
    if (!value.isTextual() && !value.isIntegralNumber()) {
      throw wrong(new String[] {field}, "a text or a whole number", value);
    }
    return value.asText();
  }

  /** A whole number, which some files write as text. */
  int number(String field) {
    JsonNode value = value(field);
    try {
      if (value.isTextual() || value.isIntegralNumber()) {
        return Integer.parseInt(PythonText.strip(value.asText()));
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw wrong(new String[] {field}, "a whole number", value);
  }

  /** A label of 0 or 1, which some files write as a boolean. */
  int label(String field) {
    JsonNode value = value(field);
    return value.isBoolean() ? (value.booleanValue() ? 1 : 0) : number(field);
  }

  /** A list of texts. */
  List<String> texts(String field) {
    List<String> texts = new ArrayList<>();
    JsonNode list = value(field);
    for (JsonNode value : list) {
      if (value.isTextual()) {
        texts.add(value.textValue());
      }
    }
    if (!list.isArray() || texts.size() < list.size()) {
      throw wrong(new String[] {field}, "a list of texts", list);
    }
    return texts;
  }

  /** The records in a list. */
  List<TaskRecord> records(String field) {
    JsonNode list = value(field);
    if (!list.isArray()) {
      throw wrong(new String[] {field}, "a list", list);
    }
    List<TaskRecord> records = new ArrayList<>();
    list.forEach(record -> records.add(new TaskRecord(record)));
    return records;
  }

  /** A record within this one. */
  TaskRecord record(String field) {
    JsonNode value = value(field);
    if (!value.isObject()) {
      throw wrong(new String[] {field}, "an object", value);
    }
    return new TaskRecord(value);
  }

  /** Whether a field holds a list. */
  boolean isList(String field) {
    return json.path(field).isArray();
  }

  /** Whether a field holds an object. */
  boolean isRecord(String field) {
    return json.path(field).isObject();
  }

  private JsonNode value(String... fields) {
    return Stream.of(fields)
        .filter(this::has)
        .findFirst()
        .map(json::get)
        .orElseThrow(
            () ->
                new InvalidDataException(
                    "expected the field %s, but found %s".formatted(names(fields), found())));
  }

  private String found() {
    List<String> names = new ArrayList<>();
    json.fieldNames().forEachRemaining(names::add);
    if (names.isEmpty()) {
      return "no fields";
    }
    String first = String.join(", ", names.subList(0, Math.min(SHOWN, names.size())));
    return "only " + Words.line(first) + (names.size() > SHOWN ? ", ..." : "");
  }

  private static InvalidDataException wrong(String[] fields, String expected, JsonNode found) {
    return new InvalidDataException(
        "expected %s in the field %s, but found %s"
            .formatted(expected, names(fields), Words.line(found.toString(), 60)));
  }

  private static String names(String... fields) {
    return Stream.of(fields).map(Words::quote).collect(Collectors.joining(" or "));
  }
}
