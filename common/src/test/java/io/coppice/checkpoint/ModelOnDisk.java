package io.coppice.checkpoint;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;

/** Small made-up model folders. */
final class ModelOnDisk {
  static final String FIRST = "model-00001-of-00002.safetensors";
  static final String SECOND = "model-00002-of-00002.safetensors";

  private static final String CONFIG = "{\"model_type\":\"llama\",\"vocab_size\":7}";

  private ModelOnDisk() {}

  /** A folder with a configuration and one file of weights. */
  static Path single(Path folder) {
    text(folder, "config.json", CONFIG);
    weights(folder.resolve("model.safetensors"), "a", "b");
    return folder;
  }

  /** A folder with a configuration, two such shards and their index. */
  static Path sharded(Path folder) {
    text(folder, "config.json", CONFIG);
    weights(folder.resolve(FIRST), "a", "b");
    weights(folder.resolve(SECOND), "c", "d");
    index(folder, Map.of("a", FIRST, "b", FIRST, "c", SECOND, "d", SECOND));
    return folder;
  }

  /** Writes the index as transformers does, except for the total size. */
  static void index(Path folder, Map<String, String> weightMap) {
    StringBuilder json = new StringBuilder("{\"metadata\":{\"total_size\":0},\"weight_map\":{");
    String separator = "";
    for (Map.Entry<String, String> entry : new TreeMap<>(weightMap).entrySet()) {
      json.append(separator)
          .append(
              "\"%s\":\"%s\"".formatted(entry.getKey(), entry.getValue().replace("\\", "\\\\")));
      separator = ",";
    }
    text(folder, ShardIndex.NAME, json + "}}\n");
  }

  /**
   * A file with a header that Coppice's writer would not write (order by name, more padding): two
   * tensors of 3 × 4, the first one BF16, the second one F16.
   */
  static void weights(Path file, String first, String second) {
    byte[] data = new byte[48];
    new Random(first.hashCode()).nextBytes(data);
    for (int i = 1; i < data.length; i += 2) {
      // Clears the exponents' highest bits: every value is finite.
      data[i] &= (byte) 0xb7;
    }
    RawFile.write(
        file,
        """
        {"%s":{"dtype":"BF16","shape":[3,4],"data_offsets":[0,24]},\
        "%s":{"dtype":"F16","shape":[3,4],"data_offsets":[24,48]}}\s\s\s\s\s\s\s\s\s\s"""
            .formatted(first, second),
        data);
  }

  /** A file of float32 tensors of 3 × 4, as reconstruction writes them. */
  static void replaced(Path file, Map<String, float[]> tensors) {
    List<TensorSpec> specs =
        tensors.keySet().stream().map(name -> TensorSpec.matrix(name, DataType.F32, 3, 4)).toList();
    try (Arena arena = Arena.unbounded("test");
        SafetensorsWriter writer =
            SafetensorsWriter.create(RawFile.hadoop(file), new Configuration(), specs)) {
      for (TensorEntry entry : writer.entries()) {
        Tensor values = arena.tensor(3, 4);
        values.fill(tensors.get(entry.name()));
        writer.write(entry.name(), values);
      }
      writer.commit();
    }
  }

  static void text(Path folder, String name, String content) {
    try {
      Files.createDirectories(folder);
      Files.writeString(folder.resolve(name), content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The content of every file directly in a folder, by its name. */
  static Map<String, List<Byte>> contents(Path folder) {
    Map<String, List<Byte>> contents = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        byte[] bytes = Files.isRegularFile(file) ? Files.readAllBytes(file) : new byte[0];
        Byte[] boxed = new Byte[bytes.length];
        Arrays.setAll(boxed, i -> bytes[i]);
        contents.put(file.getFileName().toString(), List.of(boxed));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return contents;
  }

  /** The checkpoint as it arrives on an executor. */
  @SuppressWarnings("unchecked")
  static <T> T sent(T object) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
        out.writeObject(object);
      }
      return (T) new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())).readObject();
    } catch (IOException | ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }
}
