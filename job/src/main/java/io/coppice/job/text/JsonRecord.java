package io.coppice.job.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.failure.InvalidDataException;
import io.coppice.storage.Json;
import java.nio.charset.StandardCharsets;

/** A whole record, as documents of {@link TextShape#records} are. */
public final class JsonRecord {
  private JsonRecord() {}

  /**
   * Reads a record.
   *
   * @throws InvalidDataException if it is not one JSON object, saying what is wrong with it
   */
  public static JsonNode parse(String line) {
    try {
      JsonNode record = Json.parse(line);
      if (!record.isObject()) {
        throw new InvalidDataException(
            "expected one JSON object a line, but found %s"
                .formatted(
                    record.isArray()
                        ? "a list; if the file is one list of objects, write them as lines (jq -c '.[]'"
                            + " FILE)"
                        : "another value"));
      }
      return record;
    } catch (JsonProcessingException e) {
      throw new InvalidDataException(
          JsonProblem.words(e, line.getBytes(StandardCharsets.UTF_8)), e);
    }
  }
}
