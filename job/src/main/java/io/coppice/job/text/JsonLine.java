package io.coppice.job.text;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Takes the text out of a line of JSON. The object's other members are skipped: they may be nested
 * deeply, long, or NaN and Infinity, as Python writes them.
 */
final class JsonLine {
  private static final int SHOWN = 20;

  /** Half of a pair of UTF-16 units, which JSON escapes can spell and no tokenizer can encode. */
  private static final Pattern LONE_SURROGATE = Pattern.compile("\\p{Cs}");

  private final List<String> fields;
  private final JsonFactory json;

  /**
   * Makes a reader of lines.
   *
   * @param fields names of an object's field that is the text: the first that is there
   */
  JsonLine(List<String> fields) {
    this.fields = List.copyOf(fields);
    // Whole books are longer than the library allows by default.
    this.json =
        JsonFactory.builder()
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNumberLength(Integer.MAX_VALUE)
                    .maxNestingDepth(Integer.MAX_VALUE)
                    .build())
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            // Names of passed-over fields are as many as the text's author likes.
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();
  }

  /**
   * The text of a line; none for a blank one.
   *
   * @throws InvalidDataException saying what is wrong with the line, but not where it is
   */
  Optional<String> text(byte[] line, int length) {
    if (isBlank(line, length)) {
      return Optional.empty();
    }
    requireNoZeros(line, length);
    try (JsonParser parser = json.createParser(line, 0, length)) {
      requireObject(parser.nextToken());
      String text = textOf(parser);
      if (parser.nextToken() != null) {
        throw new InvalidDataException(
            "expected one JSON object a line, but there is more after the first");
      }
      return Optional.of(LONE_SURROGATE.matcher(text).replaceAll("\ufffd"));
    } catch (JsonProcessingException e) {
      throw new InvalidDataException(JsonProblem.words(e, Arrays.copyOf(line, length)), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void requireObject(JsonToken first) {
    if (first == JsonToken.START_ARRAY) {
      throw new InvalidDataException(
          "expected one JSON object a line, but found a list; if the file is one list of objects,"
              + " write them as lines (jq -c '.[]' FILE)");
    }
    if (first != JsonToken.START_OBJECT) {
      throw new InvalidDataException(
          "expected one JSON object a line, with the text in a field, but found "
              + describe(first));
    }
  }

  /** The field's text; the parser is left at the end of the object. */
  private String textOf(JsonParser parser) throws IOException {
    Map<String, List<String>> texts = new HashMap<>();
    Map<String, JsonToken> notTexts = new HashMap<>();
    List<String> others = new ArrayList<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.getCurrentName();
      JsonToken value = parser.nextToken();
      if (!fields.contains(name)) {
        others.add(name);
        parser.skipChildren();
      } else if (value == JsonToken.VALUE_STRING) {
        texts.computeIfAbsent(name, key -> new ArrayList<>()).add(parser.getText());
      } else {
        notTexts.put(name, value);
        parser.skipChildren();
      }
    }
    String field =
        fields.stream()
            .filter(name -> texts.containsKey(name) || notTexts.containsKey(name))
            .findFirst()
            .orElseThrow(() -> missing(others));
    if (notTexts.containsKey(field)) {
      throw new InvalidDataException(
          "expected a text in the field %s, but found %s; name another field with --text-field"
              .formatted(Words.quote(field), describe(notTexts.get(field))));
    }
    return only(field, texts.get(field));
  }

  private InvalidDataException missing(List<String> others) {
    return new InvalidDataException(
        "expected a text in the field %s, but found no such field, only %s; name another field with --text-field"
            .formatted(
                fields.stream().map(Words::quote).collect(Collectors.joining(" or ")),
                names(others)));
  }

  private static String only(String field, List<String> texts) {
    if (texts.stream().distinct().count() > 1) {
      throw new InvalidDataException(
          "the field %s is there %d times, with different texts; leave one"
              .formatted(Words.quote(field), texts.size()));
    }
    return texts.get(0);
  }

  private static String names(List<String> names) {
    if (names.isEmpty()) {
      return "an empty object";
    }
    String first = String.join(", ", names.subList(0, Math.min(SHOWN, names.size())));
    return Words.line(first) + (names.size() > SHOWN ? ", ..." : "");
  }

  private static String describe(JsonToken value) {
    return switch (value) {
      case START_OBJECT -> "an object";
      case START_ARRAY -> "a list";
      case VALUE_NULL -> "null";
      case VALUE_TRUE, VALUE_FALSE -> "a boolean";
      case VALUE_STRING -> "a string";
      default -> "a number";
    };
  }

  /** The library would take the line for UTF-16 or UTF-32. */
  private static void requireNoZeros(byte[] line, int length) {
    for (int i = 0; i < Math.min(4, length); i++) {
      if (line[i] == 0) {
        throw new InvalidDataException(
            "it begins with a byte that is 0, which is no JSON; the file is broken or not UTF-8");
      }
    }
  }

  private static boolean isBlank(byte[] line, int length) {
    for (int i = 0; i < length; i++) {
      if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r') {
        return false;
      }
    }
    return true;
  }
}
