package io.coppice.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import io.coppice.storage.AtomicFile;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The index of a sharded checkpoint: which file holds which tensor.
 *
 * @param path of the index, for messages
 * @param weightMap tensor name to file name
 */
record ShardIndex(String path, Map<String, String> weightMap) {
  /** The index of safetensors files, in models that are read and in those that are written. */
  static final String NAME = WeightsFormat.SAFETENSORS.index();

  static final int LONGEST = 64 << 20;

  /**
   * @throws InvalidDataException if it is not an index, or names a file that could be elsewhere
   */
  static ShardIndex read(ModelFolder folder, WeightsFormat format) {
    String path = folder.pathOf(format.index());
    JsonNode weightMap = folder.strictJson(format.index(), LONGEST).path("weight_map");
    if (!weightMap.isObject() || weightMap.isEmpty()) {
      throw new InvalidDataException(
          path + " must have a weight_map, an object from tensor names to file names");
    }
    Map<String, String> files = new LinkedHashMap<>();
    weightMap
        .fields()
        .forEachRemaining(
            field -> {
              if (!field.getValue().isTextual()
                  || !isPlainName(field.getValue().textValue(), format.ending())) {
                throw new InvalidDataException(
                    "%s puts tensor %s into %s, but only a *%s file in the same folder may be named"
                        .formatted(
                            path,
                            Words.quote(field.getKey()),
                            Words.quote(field.getValue().asText()),
                            format.ending()));
              }
              files.put(field.getKey(), field.getValue().textValue());
            });
    return new ShardIndex(path, files);
  }

  /** The files, in alphabetical order. */
  SortedSet<String> files() {
    return new TreeSet<>(weightMap.values());
  }

  /**
   * @throws InvalidDataException unless the shards hold exactly the tensors that this index lists
   */
  void requireAgreement(Map<String, ShardHeader> shards) {
    Map<String, String> missing = new TreeMap<>(weightMap);
    shards.forEach(
        (file, header) -> {
          for (TensorEntry entry : header.entries()) {
            String listed = weightMap.get(entry.name());
            if (!file.equals(listed)) {
              throw new InvalidDataException(
                  "%s holds tensor %s, which %s %s; index and shards do not belong together"
                      .formatted(
                          file,
                          Words.quote(entry.name()),
                          path,
                          listed == null ? "does not list" : "puts into " + listed));
            }
            missing.remove(entry.name());
          }
        });
    if (!missing.isEmpty()) {
      Map.Entry<String, String> first = missing.entrySet().iterator().next();
      throw new InvalidDataException(
          ("%s puts tensor %s into %s, which does not hold it%s; index and shards do not "
                  + "belong together")
              .formatted(
                  path,
                  Words.quote(first.getKey()),
                  first.getValue(),
                  missing.size() == 1 ? "" : ", nor " + (missing.size() - 1) + " others"));
    }
  }

  /** Writes the index of files of tensors as transformers does. */
  static void write(Path file, Map<String, List<TensorEntry>> shards, Configuration hadoop) {
    Map<String, String> weightMap = new TreeMap<>();
    long bytes = 0;
    for (Map.Entry<String, List<TensorEntry>> shard : shards.entrySet()) {
      for (TensorEntry entry : shard.getValue()) {
        weightMap.put(entry.name(), shard.getKey());
        bytes += entry.bytes();
      }
    }
    ObjectNode index = JsonNodeFactory.instance.objectNode();
    index.putObject("metadata").put("total_size", bytes);
    ObjectNode map = index.putObject("weight_map");
    weightMap.forEach(map::put);
    AtomicFile.write(file, index.toPrettyString() + "\n", hadoop);
  }

  private static boolean isPlainName(String name, String ending) {
    // Hadoop would take the part before a colon for a file system.
    return name.length() > ending.length()
        && name.endsWith(ending)
        && name.chars().noneMatch(c -> c == '/' || c == '\\' || c == ':' || c < ' ' || c == 0x7f);
  }
}
