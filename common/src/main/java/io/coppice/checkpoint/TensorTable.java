package io.coppice.checkpoint;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import io.coppice.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The tensors of an open file by name, which it reads as float32. Belongs to one thread. */
public final class TensorTable {
  private final WeightsFile file;
  private final List<TensorEntry> entries;
  private final Map<String, TensorEntry> byName = new HashMap<>();
  private final FloatReader floats;

  /**
   * @param entries the tensors in the order of their data
   */
  TensorTable(WeightsFile file, List<TensorEntry> entries) {
    this.file = file;
    this.entries = entries;
    entries.forEach(entry -> byName.put(entry.name(), entry));
    floats = new FloatReader(file);
  }

  List<TensorEntry> entries() {
    return entries;
  }

  boolean contains(String name) {
    return byName.containsKey(name);
  }

  TensorEntry entry(String name) {
    TensorEntry entry = byName.get(name);
    if (entry == null) {
      throw new InvalidDataException(
          "%s has no tensor %s".formatted(file.path(), Words.quote(name)));
    }
    return entry;
  }

  void read(String name, Tensor destination) {
    floats.read(entry(name), destination);
  }

  void readRows(String name, long firstRow, Tensor destination) {
    floats.readRows(entry(name), firstRow, destination);
  }
}
