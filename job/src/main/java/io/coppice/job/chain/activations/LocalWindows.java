package io.coppice.job.chain.activations;

import io.coppice.job.cli.ActivationSettings.ActivationType;
import io.coppice.job.cli.LocalCacheSize;
import io.coppice.storage.Storage;
import io.coppice.tensor.Tensor;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;

/**
 * Windows of one boundary on the local disk of an executor, in a file of one task. What is read is
 * checked: a window that is too short, or has another checksum than what was written, is forgotten.
 *
 * <p>The file has no name: it is deleted when it is opened where the system can do that, as Linux
 * can, else when it is closed. So nothing is left of it, however the process ends. Belongs to one
 * thread at a time.
 */
final class LocalWindows implements AutoCloseable {
  private static final int PART_BYTES = 1 << 20;

  private final Kind kind;
  private final Path folder;
  private final FileChannel file;
  private final LocalDisk disk;
  private final Map<Integer, Kept> kept = new HashMap<>();
  private long end;
  private long held;
  private boolean takesMore = true;

  /**
   * The size and the format.
   *
   * @param size the most that all of an executor's tasks keep
   * @param type the format of the source, so that nothing is rounded
   */
  record Kind(LocalCacheSize size, ActivationType type) {}

  /** The place of a window, and what its bytes must sum up to. */
  private record Kept(long position, long checksum) {}

  /**
   * @param folder that the file is in
   * @param file empty
   */
  LocalWindows(Kind kind, Path folder, FileChannel file, LocalDisk disk) {
    this.kind = kind;
    this.folder = folder;
    this.file = file;
    this.disk = disk;
  }

  /** An empty file in the folder with the most room; empty if no folder can be written to. */
  static Optional<LocalWindows> create(Kind kind, List<Path> folders, LocalDisk disk) {
    List<Path> roomiest =
        folders.stream().sorted(Comparator.comparingLong(LocalWindows::free).reversed()).toList();
    String reason = "Spark has no folder";
    for (Path folder : roomiest) {
      try {
        FileChannel file =
            FileChannel.open(
                folder.resolve("coppice-activations-" + UUID.randomUUID()),
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE);
        return Optional.of(new LocalWindows(kind, folder, file, disk));
      } catch (IOException e) {
        reason = Storage.reason(e);
      }
    }
    disk.warnOfFailure(reason);
    return Optional.empty();
  }

  private static long free(Path folder) {
    try {
      return Files.getFileStore(folder).getUsableSpace();
    } catch (IOException e) {
      return 0;
    }
  }

  /**
   * Reads a window that is kept.
   *
   * @param destination overwritten, with other values where this is false
   * @return whether it is kept, and as it was written
   */
  boolean read(int window, Tensor destination) {
    Kept place = kept.get(window);
    if (place == null) {
      return false;
    }
    try {
      CRC32C sum = new CRC32C();
      long position = place.position();
      for (Tensor part : parts(destination)) {
        byte[] bytes = readBytes(position, bytes(part));
        sum.update(bytes);
        ActivationCodec.decode(kind.type(), bytes, 0, part);
        position += bytes.length;
      }
      if (sum.getValue() == place.checksum()) {
        return true;
      }
      disk.warnOfDamage("a checksum differs from that of what was written");
    } catch (ClosedByInterruptException e) {
      throw stopped(e);
    } catch (EOFException e) {
      disk.warnOfDamage("cut off");
    } catch (IOException e) {
      disk.warnOfDamage(Storage.reason(e));
    }
    kept.remove(window);
    // A disk that loses what it is given is given no more.
    takesMore = false;
    return false;
  }

  /** Keeps a window, if there is room. */
  void keep(int window, Tensor activations) {
    if (!takesMore) {
      return;
    }
    long length = bytes(activations);
    if (!disk.take(length, kind.size(), free(folder))) {
      takesMore = false;
      disk.sayItIsUsedUp();
      return;
    }
    held += length;
    try {
      CRC32C sum = new CRC32C();
      long position = end;
      for (Tensor part : parts(activations)) {
        byte[] bytes = ActivationCodec.encode(kind.type(), part);
        sum.update(bytes);
        writeBytes(position, bytes);
        position += bytes.length;
      }
      kept.put(window, new Kept(end, sum.getValue()));
      end = position;
    } catch (ClosedByInterruptException e) {
      throw stopped(e);
    } catch (IOException e) {
      takesMore = false;
      disk.warnOfFailure(Storage.reason(e));
    }
  }

  /** Some rows at a time, so that a window of any size takes little heap. */
  private List<Tensor> parts(Tensor window) {
    int rows = Math.max(1, PART_BYTES / (window.columns() * ActivationCodec.bytes(kind.type())));
    return IntStream.iterate(0, first -> first < window.rows(), first -> first + rows)
        .mapToObj(first -> window.rows(first, Math.min(rows, window.rows() - first)))
        .toList();
  }

  private long bytes(Tensor values) {
    return values.size() * ActivationCodec.bytes(kind.type());
  }

  private byte[] readBytes(long position, long length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(length));
    while (bytes.hasRemaining()) {
      if (file.read(bytes, position + bytes.position()) < 0) {
        throw new EOFException();
      }
    }
    return bytes.array();
  }

  private void writeBytes(long position, byte[] bytes) throws IOException {
    ByteBuffer left = ByteBuffer.wrap(bytes);
    while (left.hasRemaining()) {
      file.write(left, position + left.position());
    }
  }

  private static UncheckedIOException stopped(ClosedByInterruptException e) {
    return new UncheckedIOException("The task was stopped while it read activations", e);
  }

  @Override
  public void close() {
    disk.giveBack(held);
    held = 0;
    try {
      file.close();
    } catch (IOException e) {
      // Nobody needs it any more.
    }
  }
}
