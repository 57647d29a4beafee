package io.coppice.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import io.coppice.storage.Storage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.Path;

/**
 * Parses a safetensors header and refuses everything the format forbids; each refusal is one
 * sentence that names the file.
 */
final class HeaderParser {
  /** The bytes before the header: its length, unsigned, little-endian. */
  static final int LENGTH_BYTES = 8;

  private static final long LONGEST_HEADER = 100_000_000;
  private static final int MOST_DIMENSIONS = 64;

  private final Path file;
  private final long fileLength;

  HeaderParser(Path file, long fileLength) {
    this.file = file;
    this.fileLength = fileLength;
  }

  /** The header's length in bytes, from the file's first eight bytes, read as a long. */
  int headerLength(long length) {
    if (GitLfsPointer.is(
        ByteBuffer.allocate(LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array())) {
      throw GitLfsPointer.refusal(file.toString());
    }
    if (length < 0 || length > LONGEST_HEADER) {
      throw invalid(
          "says that its header has %s bytes, but safetensors headers have at most %d; it is "
              + "damaged or not a safetensors file",
          Long.toUnsignedString(length), LONGEST_HEADER);
    }
    if (length > fileLength - LENGTH_BYTES) {
      throw invalid(
          "says that its header has %d bytes, but the file has only %d; it is truncated or not a "
              + "safetensors file",
          length, fileLength);
    }
    return (int) length;
  }

  /** Refuses a file that is too short to begin with a header's length. */
  void requireHeaderLength() {
    if (fileLength < LENGTH_BYTES) {
      throw invalid(
          "is only %d bytes long, too short for a safetensors file; copy it again", fileLength);
    }
  }

  SafetensorsHeader parse(byte[] header) {
    requireJsonObject(header);
    long dataStart = LENGTH_BYTES + (long) header.length;
    Map<String, String> metadata = new LinkedHashMap<>();
    List<TensorEntry> entries = new ArrayList<>();
    JsonFactory factory =
        JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
    // Interned names would stay in memory forever.
    factory.disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES);
    // A fresh decoder reports text that is not UTF-8 instead of replacing it.
    Reader characters =
        new InputStreamReader(
            new ByteArrayInputStream(header), StandardCharsets.UTF_8.newDecoder());
    try (JsonParser json = factory.createParser(characters)) {
      json.nextToken();
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String name = json.getCurrentName();
        json.nextToken();
        if (name.equals(SafetensorsHeader.METADATA_KEY)) {
          readMetadata(json, metadata);
        } else {
          entries.add(readEntry(json, name, dataStart));
        }
      }
      if (json.nextToken() != null) {
        throw invalid("has a header with more than one JSON value");
      }
    } catch (JsonProcessingException e) {
      throw new InvalidDataException(
          "%s has a header that is not valid JSON: %s"
              .formatted(file, Words.line(e.getOriginalMessage())),
          e);
    } catch (CharacterCodingException e) {
      throw new InvalidDataException("%s has a header that is not UTF-8".formatted(file), e);
    } catch (IOException e) {
      throw Storage.cannot("parse the header of", file, e);
    }
    entries.sort(Comparator.comparingLong(TensorEntry::begin).thenComparing(TensorEntry::end));
    requireContiguous(entries, dataStart);
    return new SafetensorsHeader(entries, metadata, dataStart, fileLength);
  }

  private void requireJsonObject(byte[] header) {
    int end = header.length;
    while (end > 0 && header[end - 1] == ' ') {
      end--;
    }
    if (end == 0 || header[0] != '{') {
      throw invalid("has a header that does not start with '{'; it is not a safetensors file");
    }
    if (header[end - 1] != '}') {
      throw invalid("has a header that does not end with '}' and padding by spaces");
    }
  }

  private void readMetadata(JsonParser json, Map<String, String> metadata) throws IOException {
    // Some writers say null for none, and the reference library reads it so.
    if (json.hasToken(JsonToken.VALUE_NULL)) {
      return;
    }
    if (!json.hasToken(JsonToken.START_OBJECT)) {
      throw invalid("has a __metadata__ that is not an object of strings");
    }
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String key = json.getCurrentName();
      if (json.nextToken() != JsonToken.VALUE_STRING) {
        throw invalid("has a __metadata__ whose %s is not a string", Words.quote(key));
      }
      metadata.put(key, json.getText());
    }
  }

  private TensorEntry readEntry(JsonParser json, String name, long dataStart) throws IOException {
    if (!json.hasToken(JsonToken.START_OBJECT)) {
      throw invalidTensor(name, "is not described by an object");
    }
    DataType type = null;
    long[] shape = null;
    long[] offsets = null;
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String key = json.getCurrentName();
      json.nextToken();
      switch (key) {
        case "dtype" -> type = readType(json, name);
        case "shape" -> shape = readNumbers(json, name, key, MOST_DIMENSIONS);
        case "data_offsets" -> offsets = readNumbers(json, name, key, 2);
        default -> json.skipChildren();
      }
    }
    if (type == null || shape == null || offsets == null || offsets.length != 2) {
      throw invalidTensor(name, "lacks a dtype, a shape or two data_offsets");
    }
    List<Long> dimensions = Arrays.stream(shape).boxed().toList();
    requireSize(name, type, dimensions, offsets);
    return new TensorEntry(
        new TensorSpec(name, type, dimensions),
        file.getName(),
        dataStart + offsets[0],
        dataStart + offsets[1]);
  }

  private DataType readType(JsonParser json, String name) throws IOException {
    String written = json.hasToken(JsonToken.VALUE_STRING) ? json.getText() : "not a string";
    for (DataType type : DataType.values()) {
      if (type.name().equals(written)) {
        return type;
      }
    }
    throw invalidTensor(name, "has the unknown dtype " + Words.quote(written));
  }

  private long[] readNumbers(JsonParser json, String name, String key, int most)
      throws IOException {
    if (!json.hasToken(JsonToken.START_ARRAY)) {
      throw invalidTensor(name, "has a " + key + " that is not an array");
    }
    long[] numbers = new long[most];
    int count = 0;
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (count == most) {
        throw invalidTensor(name, "has a " + key + " of more than " + most + " numbers");
      }
      if (!json.hasToken(JsonToken.VALUE_NUMBER_INT)
          || json.getNumberType() == JsonParser.NumberType.BIG_INTEGER
          || json.getLongValue() < 0) {
        throw invalidTensor(
            name, "has a " + key + " with something other than whole numbers from 0 to 2^63 - 1");
      }
      numbers[count++] = json.getLongValue();
    }
    return Arrays.copyOf(numbers, count);
  }

  private void requireSize(String name, DataType type, List<Long> shape, long[] offsets) {
    long bytes;
    try {
      bytes = type.bytes(shape);
    } catch (ArithmeticException e) {
      throw invalidTensor(
          name, "has the impossible size %s of %s (%s)".formatted(shape, type, e.getMessage()));
    }
    long begin = offsets[0];
    long end = offsets[1];
    if (end < begin || end - begin != bytes) {
      throw invalidTensor(
          name,
          "has %d bytes as %s of %s, but data_offsets %d to %d"
              .formatted(bytes, shape, type, begin, end));
    }
    if (end > fileLength) {
      throw invalidTensor(
          name,
          "ends at byte %d of the data, but the whole file has only %d bytes; it is truncated"
              .formatted(end, fileLength));
    }
  }

  private void requireContiguous(List<TensorEntry> entries, long dataStart) {
    long position = dataStart;
    for (TensorEntry entry : entries) {
      if (entry.begin() != position) {
        throw invalidTensor(
            entry.name(),
            "begins at byte %d of the data, but the tensor before it ends at byte %d (%s)"
                .formatted(
                    entry.begin() - dataStart,
                    position - dataStart,
                    entry.begin() < position ? "an overlap" : "a gap"));
      }
      position = entry.end();
    }
    if (position != fileLength) {
      throw invalid(
          "is %d bytes long, but its last tensor ends at byte %d; it is %s",
          fileLength,
          position,
          position > fileLength ? "truncated" : "damaged or followed by something else");
    }
  }

  private InvalidDataException invalidTensor(String name, String what) {
    return invalid("is broken: tensor %s %s", Words.quote(name), what);
  }

  private InvalidDataException invalid(String what, Object... arguments) {
    return new InvalidDataException(file + " " + what.formatted(arguments));
  }
}
