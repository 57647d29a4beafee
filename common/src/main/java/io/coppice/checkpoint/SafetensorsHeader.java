package io.coppice.checkpoint;

import io.coppice.storage.Storage;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

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
    implements ShardHeader {
  /** The key of the header that holds free strings, and that no tensor can have for a name. */
  static final String METADATA_KEY = "__metadata__";

  public SafetensorsHeader {
    entries = List.copyOf(entries);
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  @Override
  public WeightsFile open(Path folder, String shard, Configuration hadoop) {
    return SafetensorsFile.open(Storage.child(folder, shard), hadoop, this);
  }
}
