package io.coppice.job.card;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.job.cli.ResolvedConfiguration;
import io.coppice.storage.Json;
import io.coppice.storage.JsonFile;
import io.coppice.storage.Storage;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The record of a run, as far as the model card tells it.
 *
 * @param run content of {@code run.json}
 * @param blocks the last line of each block in {@code metrics.jsonl}
 * @param evaluation content of {@code evaluation.json}, where something was measured
 */
record CardRecord(JsonNode run, List<JsonNode> blocks, Optional<JsonNode> evaluation) {
  private static final int LONGEST = 64 << 20;

  CardRecord {
    blocks = List.copyOf(blocks);
  }

  /**
   * Reads a record that is whole.
   *
   * @param folder of the record
   * @throws java.io.UncheckedIOException if the file system fails
   */
  static CardRecord read(Path folder, Configuration hadoop) {
    JsonNode run = JsonFile.readTree(new Path(folder, "run.json"), hadoop).orElseThrow();
    String metrics =
        new String(
            Storage.readSmall(
                Storage.of(folder, hadoop), new Path(folder, "metrics.jsonl"), LONGEST),
            StandardCharsets.UTF_8);
    Map<Integer, JsonNode> last = new TreeMap<>();
    for (String line : metrics.lines().toList()) {
      JsonNode block = parse(line);
      last.put(block.path("block").intValue(), block);
    }
    return new CardRecord(
        run,
        List.copyOf(last.values()),
        JsonFile.readTree(new Path(folder, "evaluation.json"), hadoop));
  }

  /** Every option with its value. */
  ResolvedConfiguration configuration() {
    return ResolvedConfiguration.of(run.path("configuration"));
  }

  /** The value of an option, as text; empty where the record has none. */
  Optional<String> option(String name) {
    return Optional.ofNullable(run.path("configuration").get(name)).map(JsonNode::asText);
  }

  /** The values of an option that may be repeated. */
  List<String> options(String name) {
    return configuration().values().get(name) instanceof List<?> list
        ? list.stream().map(String::valueOf).toList()
        : option(name).stream().toList();
  }

  /** The share of zeros in the pruned layers, a mean over blocks, which are of one size. */
  double sparsity() {
    return blocks.stream()
        .mapToDouble(block -> block.path("sparsity").doubleValue())
        .average()
        .orElse(0);
  }

  private static JsonNode parse(String line) {
    try {
      return Json.parse(line);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("The run's own record is not JSON", e);
    }
  }
}
