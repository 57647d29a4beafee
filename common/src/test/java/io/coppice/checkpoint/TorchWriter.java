package io.coppice.checkpoint;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import org.apache.commons.compress.archivers.zip.Zip64Mode;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;

/** Writes files as torch.save does, and files that differ slightly. */
public final class TorchWriter {
  private final Map<String, Storage> storages = new LinkedHashMap<>();
  private final List<Item> items = new ArrayList<>();
  private final Map<String, byte[]> others = new LinkedHashMap<>();
  private Optional<byte[]> pickle = Optional.empty();
  private String archive = "archive";
  private int method = ZipArchiveEntry.STORED;
  private Zip64Mode zip64 = Zip64Mode.AsNeeded;

  private record Storage(String type, long elements, byte[] bytes) {}

  private record Item(
      String name, String storage, long offset, long[] shape, long[] strides, boolean parameter) {}

  public TorchWriter() {
    others.put("version", "3\n".getBytes(StandardCharsets.UTF_8));
  }

  /** Adds memory; its key is its number. */
  public TorchWriter storage(String type, long elements, byte[] bytes) {
    storages.put(String.valueOf(storages.size()), new Storage(type, elements, bytes));
    return this;
  }

  public TorchWriter floats(float... values) {
    return storage("FloatStorage", values.length, RawFile.floats(values));
  }

  /** float32 of 0, 1, 2 … */
  public TorchWriter range(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = i;
    }
    return floats(values);
  }

  public TorchWriter shorts(String type, int... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      bytes.putShort((short) value);
    }
    return storage(type, values.length, bytes.array());
  }

  public TorchWriter longs(long... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(values);
    return storage("LongStorage", values.length, bytes.array());
  }

  /** Adds a tensor that is a view of the last storage. */
  public TorchWriter view(String name, long offset, long[] shape, long[] strides) {
    return view(name, storages.size() - 1, offset, shape, strides);
  }

  public TorchWriter view(String name, int storage, long offset, long[] shape, long[] strides) {
    items.add(new Item(name, String.valueOf(storage), offset, shape, strides, false));
    return this;
  }

  /** Adds a tensor of the whole last storage. */
  public TorchWriter tensor(String name, long... shape) {
    return view(name, 0, shape, contiguous(shape));
  }

  public TorchWriter parameter(String name, long... shape) {
    items.add(
        new Item(name, String.valueOf(storages.size() - 1), 0, shape, contiguous(shape), true));
    return this;
  }

  /** Adds an entry beside the storages, or replaces one. */
  public TorchWriter entry(String name, String content) {
    others.put(name, content.getBytes(StandardCharsets.UTF_8));
    return this;
  }

  public TorchWriter without(String name) {
    others.remove(name);
    return this;
  }

  public TorchWriter pickle(byte[] bytes) {
    pickle = Optional.of(bytes);
    return this;
  }

  public TorchWriter archive(String name) {
    archive = name;
    return this;
  }

  public TorchWriter compressed() {
    method = ZipArchiveEntry.DEFLATED;
    return this;
  }

  public TorchWriter zip64() {
    zip64 = Zip64Mode.Always;
    return this;
  }

  /** The pickle of the state dict, with the attribute that modules give it. */
  public byte[] statePickle() {
    PickleWriter out = new PickleWriter().emptyOrderedDict().raw('(');
    items.forEach(item -> put(out, item));
    out.raw('u', '}').put().text("_metadata").emptyOrderedDict();
    out.text("").raw('}').put().text("version").whole(1).raw('s', 's', 's', 'b');
    return out.finished();
  }

  public Path write(Path file) {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("data.pkl", pickle.orElseGet(this::statePickle));
    storages.forEach((key, storage) -> entries.put("data/" + key, storage.bytes()));
    entries.putAll(others);
    try (OutputStream out = Files.newOutputStream(file);
        ZipArchiveOutputStream zip = new ZipArchiveOutputStream(out)) {
      zip.setUseZip64(zip64);
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        put(zip, archive + "/" + entry.getKey(), entry.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return file;
  }

  private void put(ZipArchiveOutputStream zip, String name, byte[] content) throws IOException {
    ZipArchiveEntry entry = new ZipArchiveEntry(name);
    CRC32 sum = new CRC32();
    sum.update(content);
    entry.setMethod(method);
    entry.setSize(content.length);
    entry.setCrc(sum.getValue());
    zip.putArchiveEntry(entry);
    zip.write(content);
    zip.closeArchiveEntry();
  }

  private void put(PickleWriter out, Item item) {
    Storage storage = storages.get(item.storage());
    out.text(item.name());
    if (item.parameter()) {
      out.global("torch._utils", "_rebuild_parameter").raw('(');
    }
    out.global("torch._utils", "_rebuild_tensor_v2").raw('(');
    out.storage(storage.type(), item.storage(), storage.elements()).whole(item.offset());
    out.tuple(item.shape()).tuple(item.strides()).raw(0x89).emptyOrderedDict();
    out.raw('t').put().raw('R').put();
    if (item.parameter()) {
      out.raw(0x88).emptyOrderedDict().raw('t').put().raw('R').put();
    }
  }

  private static long[] contiguous(long... shape) {
    long[] strides = new long[shape.length];
    long stride = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= Math.max(1, shape[i]);
    }
    return strides;
  }
}
