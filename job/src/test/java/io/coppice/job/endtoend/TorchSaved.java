package io.coppice.job.endtoend;

import io.coppice.checkpoint.Checkpoint;
import io.coppice.checkpoint.DataType;
import io.coppice.checkpoint.TensorEntry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.hadoop.conf.Configuration;

/** A checkpoint as torch.save writes it. */
final class TorchSaved {
  private static final Map<DataType, String> STORAGES =
      Map.of(DataType.F32, "FloatStorage", DataType.F16, "HalfStorage");

  private TorchSaved() {}

  /** Copies a checkpoint of safetensors files, in as many files. */
  static Path write(Path source, Path target) throws IOException {
    Folders.copy(source, target);
    Checkpoint checkpoint =
        Checkpoint.open(new org.apache.hadoop.fs.Path(source.toUri()), new Configuration());
    for (Map.Entry<String, List<TensorEntry>> shard : checkpoint.shards().entrySet()) {
      byte[] weights = Files.readAllBytes(source.resolve(shard.getKey()));
      Files.delete(target.resolve(shard.getKey()));
      write(target.resolve(renamed(shard.getKey())), weights, shard.getValue());
    }
    if (checkpoint.isSharded()) {
      Files.delete(target.resolve("model.safetensors.index.json"));
      String weightMap =
          checkpoint.names().stream()
              .map(name -> "\"%s\":\"%s\"".formatted(name, renamed(checkpoint.entry(name).file())))
              .collect(Collectors.joining(","));
      Files.writeString(
          target.resolve("pytorch_model.bin.index.json"), "{\"weight_map\":{" + weightMap + "}}");
    }
    return target;
  }

  private static String renamed(String shard) {
    return "pytorch_" + shard.replace(".safetensors", ".bin");
  }

  private static void write(Path file, byte[] weights, List<TensorEntry> entries)
      throws IOException {
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      put(zip, "archive/data.pkl", pickle(entries));
      for (int i = 0; i < entries.size(); i++) {
        TensorEntry entry = entries.get(i);
        put(
            zip,
            "archive/data/" + i,
            Arrays.copyOfRange(weights, (int) entry.begin(), (int) entry.end()));
      }
      put(zip, "archive/version", "3\n".getBytes(StandardCharsets.UTF_8));
    }
  }

  private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    CRC32 sum = new CRC32();
    sum.update(content);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    entry.setCrc(sum.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }

  /** An OrderedDict of tensors, each a view of the storage of its number. */
  private static byte[] pickle(List<TensorEntry> entries) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ascii(out, "\u0080\u0002ccollections\nOrderedDict\nq\0)R(");
    for (int i = 0; i < entries.size(); i++) {
      TensorEntry entry = entries.get(i);
      text(out, entry.name());
      ascii(out, "ctorch._utils\n_rebuild_tensor_v2\n((");
      text(out, "storage");
      ascii(out, "ctorch\n" + STORAGES.get(entry.type()) + "\n");
      text(out, String.valueOf(i));
      text(out, "cpu");
      numbers(out, Stream.of(entry.size()));
      ascii(out, "tQ");
      numbers(out, Stream.of(0L));
      ascii(out, "(");
      numbers(out, entry.shape().stream());
      ascii(out, "t(");
      numbers(out, entry.shape().size() == 1 ? Stream.of(1L) : Stream.of(entry.columns(), 1L));
      ascii(out, "t\u0089h\0)RtR");
    }
    ascii(out, "u.");
    return out.toByteArray();
  }

  private static void text(ByteArrayOutputStream out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    number(out, 'X', bytes.length);
    out.writeBytes(bytes);
  }

  private static void numbers(ByteArrayOutputStream out, Stream<Long> numbers) {
    numbers.forEach(value -> number(out, 'J', value.intValue()));
  }

  private static void number(ByteArrayOutputStream out, int instruction, int value) {
    out.write(instruction);
    out.writeBytes(
        ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
  }

  private static void ascii(ByteArrayOutputStream out, String bytes) {
    out.writeBytes(bytes.getBytes(StandardCharsets.ISO_8859_1));
  }
}
