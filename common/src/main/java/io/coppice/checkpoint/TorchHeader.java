package io.coppice.checkpoint;

import io.coppice.storage.Storage;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The tensors of a file of PyTorch weights, and their places.
 *
 * @param file its name, without folders
 * @param fileLength its length in bytes
 * @param written the header of the safetensors file of the same tensors
 * @param tensors the places of the tensors' elements in this file, by name
 */
record TorchHeader(
    String file, long fileLength, SafetensorsHeader written, Map<String, StoredTensor> tensors)
    implements ShardHeader {

  TorchHeader {
    tensors = Collections.unmodifiableMap(new HashMap<>(tensors));
  }

  @Override
  public List<TensorEntry> entries() {
    return written.entries();
  }

  @Override
  public Map<String, String> metadata() {
    return written.metadata();
  }

  @Override
  public WeightsFile open(Path folder, String shard, Configuration hadoop) {
    return TorchFile.open(Storage.child(folder, file), hadoop, this);
  }
}
