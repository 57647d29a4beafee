package io.coppice.job.endtoend;

import io.coppice.checkpoint.Checkpoint;
import io.coppice.checkpoint.DataType;
import io.coppice.checkpoint.SafetensorsWriter;
import io.coppice.checkpoint.TensorEntry;
import io.coppice.checkpoint.TensorSpec;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;

/** A checkpoint in another element type and in any number of shards. */
final class Rewritten {
  private static final String SINGLE = "model.safetensors";

  private Rewritten() {}

  /** Copies a checkpoint that is in one file. */
  static Path write(Path source, Path target, DataType type, int shards) throws IOException {
    Folders.copy(source, target);
    Files.delete(target.resolve(SINGLE));
    Configuration hadoop = new Configuration();
    Checkpoint checkpoint = Checkpoint.open(hadoop(source), hadoop);
    List<List<String>> parts = parts(List.copyOf(checkpoint.names()), shards);
    StringBuilder weightMap = new StringBuilder();
    long bytes = 0;
    for (int i = 0; i < shards; i++) {
      String file =
          shards == 1
              ? SINGLE
              : String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", i + 1, shards);
      List<TensorSpec> specs =
          parts.get(i).stream().map(name -> checkpoint.entry(name).as(type)).toList();
      write(checkpoint, specs, hadoop(target.resolve(file)), hadoop);
      for (TensorSpec spec : specs) {
        weightMap.append(weightMap.isEmpty() ? "" : ",\n  ");
        weightMap.append("\"%s\": \"%s\"".formatted(spec.name(), file));
        bytes += checkpoint.entry(spec.name()).size() * type.bits() / Byte.SIZE;
      }
    }
    if (shards > 1) {
      Files.writeString(
          target.resolve("model.safetensors.index.json"),
          "{\"metadata\": {\"total_size\": %d},\n \"weight_map\": {\n  %s}}\n"
              .formatted(bytes, weightMap));
    }
    return target;
  }

  private static void write(
      Checkpoint source,
      List<TensorSpec> specs,
      org.apache.hadoop.fs.Path file,
      Configuration hadoop) {
    try (Arena arena = Arena.unbounded("test");
        SafetensorsWriter writer = SafetensorsWriter.create(file, hadoop, specs)) {
      for (TensorEntry entry : writer.entries()) {
        Tensor values = arena.tensor((int) entry.rows(), (int) entry.columns());
        source.read(entry.name(), values);
        writer.write(entry.name(), values);
      }
      writer.commit();
    }
  }

  /** Deals names out in turn, so that every block lies in several shards. */
  private static List<List<String>> parts(List<String> names, int count) {
    List<List<String>> parts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int part = i;
      parts.add(
          names.stream()
              .filter(name -> names.indexOf(name) % count == part)
              .collect(Collectors.toList()));
    }
    return parts;
  }

  private static org.apache.hadoop.fs.Path hadoop(Path path) {
    return new org.apache.hadoop.fs.Path(path.toUri());
  }
}
