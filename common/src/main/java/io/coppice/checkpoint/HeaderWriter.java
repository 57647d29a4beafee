package io.coppice.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Lays out a safetensors file: order, offsets, header, padding. */
final class HeaderWriter {
  private static final int ALIGNMENT = 8;

  private final List<TensorEntry> entries = new ArrayList<>();
  private final byte[] bytes;

  private HeaderWriter(String file, List<TensorSpec> ordered, Map<String, String> metadata) {
    Set<String> names = new HashSet<>();
    for (TensorSpec tensor : ordered) {
      if (!names.add(tensor.name())) {
        throw new IllegalArgumentException("Two tensors of " + file + " are " + tensor.name());
      }
    }
    byte[] json = json(ordered, metadata);
    int length = (json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    ByteBuffer header =
        ByteBuffer.allocate(HeaderParser.LENGTH_BYTES + length).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(length).put(json);
    bytes = header.array();
    Arrays.fill(bytes, header.position(), bytes.length, (byte) ' ');
    long position = bytes.length;
    for (TensorSpec tensor : ordered) {
      long end = Math.addExact(position, tensor.type().bytes(tensor.shape()));
      entries.add(new TensorEntry(tensor, file, position, end));
      position = end;
    }
  }

  /** The reference writer's order: types of large alignment first, then by name. */
  static HeaderWriter sorted(
      String file, Collection<TensorSpec> tensors, Map<String, String> metadata) {
    List<TensorSpec> ordered = new ArrayList<>(tensors);
    ordered.sort(
        Comparator.comparing(TensorSpec::type)
            .reversed()
            .thenComparing(
                tensor -> tensor.name().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned));
    return new HeaderWriter(file, ordered, metadata);
  }

  /**
   * The given order, except that larger elements come before smaller ones, without which tensors
   * would not be aligned.
   */
  static HeaderWriter aligned(
      String file, Collection<TensorSpec> tensors, Map<String, String> metadata) {
    List<TensorSpec> ordered = new ArrayList<>(tensors);
    ordered.sort(Comparator.comparingInt((TensorSpec tensor) -> tensor.type().bits()).reversed());
    return new HeaderWriter(file, ordered, metadata);
  }

  /** The tensors in the order of their data. */
  List<TensorEntry> entries() {
    return List.copyOf(entries);
  }

  /** Everything that comes before the data. */
  byte[] bytes() {
    return bytes;
  }

  private static byte[] json(List<TensorSpec> ordered, Map<String, String> metadata) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
      json.writeStartObject();
      if (!metadata.isEmpty()) {
        json.writeObjectFieldStart(SafetensorsHeader.METADATA_KEY);
        for (Map.Entry<String, String> entry : new TreeMap<>(metadata).entrySet()) {
          json.writeStringField(entry.getKey(), entry.getValue());
        }
        json.writeEndObject();
      }
      long offset = 0;
      for (TensorSpec tensor : ordered) {
        long end = Math.addExact(offset, tensor.type().bytes(tensor.shape()));
        json.writeObjectFieldStart(tensor.name());
        json.writeStringField("dtype", tensor.type().name());
        writeNumbers(json, "shape", tensor.shape());
        writeNumbers(json, "data_offsets", List.of(offset, end));
        json.writeEndObject();
        offset = end;
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private static void writeNumbers(JsonGenerator json, String name, List<Long> numbers)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (long number : numbers) {
      json.writeNumber(number);
    }
    json.writeEndArray();
  }
}
