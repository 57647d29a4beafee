package io.coppice.checkpoint;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import io.coppice.failure.Words;
import io.coppice.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * An open file that torch.save wrote, with tensors by name. Its directory is read and checked once,
 * without running anything that it says; tensors are then read by ranges as in a safetensors file.
 */
final class TorchFile implements WeightsFile {
  private final RangedInput in;
  private final TorchHeader header;
  private final Map<String, TensorEntry> entries = new HashMap<>();
  private final FloatReader floats = new FloatReader(this);
  private final StridedReader strided;

  private TorchFile(RangedInput in, TorchHeader header) {
    this.in = in;
    this.header = header;
    strided = new StridedReader(in);
    header.entries().forEach(entry -> entries.put(entry.name(), entry));
  }

  /**
   * Reads and checks what a file holds.
   *
   * @param shard the name of the safetensors file that would hold the same
   * @throws UsageException if there is no such file
   * @throws InvalidDataException if it is anything but a sound file of tensors by name
   */
  static TorchHeader header(Path path, String shard, Configuration hadoop) {
    try (RangedInput in = RangedInput.open(path, hadoop, TorchArchive.FORMAT)) {
      return TorchLayout.read(in, shard);
    }
  }

  /**
   * Opens a file whose header is known.
   *
   * @throws InvalidDataException if the file is gone or its length is not the header's any more
   */
  static TorchFile open(Path path, Configuration hadoop, TorchHeader header) {
    return new TorchFile(RangedInput.openAgain(path, hadoop, header.fileLength()), header);
  }

  @Override
  public Path path() {
    return in.path();
  }

  @Override
  public List<TensorEntry> entries() {
    return header.entries();
  }

  @Override
  public boolean contains(String name) {
    return entries.containsKey(name);
  }

  @Override
  public TensorEntry entry(String name) {
    TensorEntry entry = entries.get(name);
    if (entry == null) {
      throw new InvalidDataException("%s has no tensor %s".formatted(path(), Words.quote(name)));
    }
    return entry;
  }

  @Override
  public void read(String name, Tensor destination) {
    floats.read(entry(name), destination);
  }

  @Override
  public void readRows(String name, long firstRow, Tensor destination) {
    floats.readRows(entry(name), firstRow, destination);
  }

  @Override
  public void readBytes(TensorEntry entry, long offset, byte[] buffer, int length) {
    StoredTensor stored = header.tensors().get(entry.name());
    if (stored.isContiguous()) {
      in.read(stored.begin() + offset, buffer, length);
    } else {
      strided.read(stored, entry.type().bits() / Byte.SIZE, offset, buffer, length);
    }
  }

  @Override
  public void close() {
    in.close();
  }
}
