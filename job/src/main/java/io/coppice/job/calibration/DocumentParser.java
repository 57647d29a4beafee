package io.coppice.job.calibration;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.failure.InvalidDataException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;

/** Takes the text out of one record of a file. */
final class DocumentParser {
  private static final String BYTE_ORDER_MARK = "\ufeff";

  /** Half of a pair of UTF-16 units, which JSON escapes can spell and no tokenizer can encode. */
  private static final Pattern LONE_SURROGATE = Pattern.compile("\\p{Cs}");

  private final TextFormat format;
  private final String field;
  private final ObjectMapper mapper;

  /**
   * A parser.
   *
   * @param field the field of a JSON object that is the text
   */
  DocumentParser(TextFormat format, String field) {
    this.format = format;
    this.field = field;
    // Whole books are longer than the 20 million characters that Jackson allows unless told.
    StreamReadConstraints constraints =
        StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build();
    this.mapper =
        new ObjectMapper(JsonFactory.builder().streamReadConstraints(constraints).build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  }

  /**
   * The text of a record; none for a blank line between JSON objects.
   *
   * @throws InvalidDataException saying what is wrong with the record, but not where it is
   */
  Optional<String> parse(byte[] bytes) {
    if (format != TextFormat.JSON_LINES) {
      String text = decode(bytes);
      return Optional.of(text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text);
    }
    return isBlank(bytes) ? Optional.empty() : Optional.of(fieldOf(bytes));
  }

  private String fieldOf(byte[] line) {
    JsonNode object;
    try {
      object = mapper.readTree(line);
    } catch (JsonProcessingException e) {
      throw new InvalidDataException(
          "expected one JSON object a line, but it cannot be read ("
              + e.getOriginalMessage().lines().findFirst().orElse("")
              + ")",
          e);
    } catch (IOException e) {
      throw new InvalidDataException("expected UTF-8, but found: " + e.getMessage(), e);
    }
    if (!object.isObject()) {
      throw new InvalidDataException("expected one JSON object a line, with the text in a field");
    }
    JsonNode text = object.path(field);
    if (!text.isTextual()) {
      throw new InvalidDataException(
          "expected a text in the field '"
              + field
              + "', but found "
              + (text.isMissingNode() ? "no such field" : text.getNodeType().toString())
              + "; name another field with --text-field");
    }
    return LONE_SURROGATE.matcher(text.textValue()).replaceAll("\ufffd");
  }

  private static String decode(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(buffer)
          .toString();
    } catch (CharacterCodingException e) {
      throw new InvalidDataException(
          "expected UTF-8, but byte " + buffer.position() + " is not; convert the text", e);
    }
  }

  private static boolean isBlank(byte[] line) {
    for (byte character : line) {
      if (character != ' ' && character != '\t' && character != '\r') {
        return false;
      }
    }
    return true;
  }
}
