package io.coppice.checkpoint;

import java.io.Serializable;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The checked header of a safetensors file.
 *
 * @param entries the tensors in the order of their data
 * @param metadata the free strings under {@code __metadata__}
 * @param dataStart the position of the first tensor's first byte
 * @param fileLength the file's length, which is where the last tensor ends
 */
public record SafetensorsHeader(
    List<TensorEntry> entries, Map<String, String> metadata, long dataStart, long fileLength)
    implements Serializable {

  public SafetensorsHeader {
    entries = List.copyOf(entries);
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }
}
