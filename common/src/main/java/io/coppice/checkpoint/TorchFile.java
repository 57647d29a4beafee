package io.coppice.checkpoint;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * An open file that torch.save wrote, with tensors by name. Its directory is read and checked once,
 * without running anything in it; tensors are then read by ranges as in a safetensors file.
 */
final class TorchFile implements WeightsFile {
  private final RangedInput in;
  private final TorchHeader header;
  private final TensorTable tensors;
  private final StridedReader strided;

  private TorchFile(RangedInput in, TorchHeader header) {
    this.in = in;
    this.header = header;
    strided = new StridedReader(in);
    tensors = new TensorTable(this, header.entries());
  }

  /**
   * Reads and checks the description of a file's tensors.
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
   * @throws InvalidDataException if the file is gone or its length is no longer that of the header
   */
  static TorchFile open(Path path, Configuration hadoop, TorchHeader header) {
    return new TorchFile(RangedInput.openAgain(path, hadoop, header.fileLength()), header);
  }

  @Override
  public Path path() {
    return in.path();
  }

  @Override
  public TensorTable tensors() {
    return tensors;
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
