package io.coppice.job.record;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import io.coppice.storage.Json;
import io.coppice.storage.JsonFile;
import io.coppice.storage.Storage;
import java.io.BufferedReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The record of a finished run, as conf/FORMATS.md describes it. What a record of an older version
 * lacks is missing here, which readers must expect of every value.
 *
 * @param place the folder of the result
 * @param kind the command that made it
 * @param figures {@code run.json}, or {@code ablation.json}
 * @param blocks what is kept of each block and wave; empty for an ablation
 * @param details the other files
 */
public record RunRecord(
    String place, Kind kind, JsonNode figures, List<JsonNode> blocks, Details details) {
  /** Name of the file of a pruning run's figures, in the record. */
  public static final String RUN = "run.json";

  /** Name of the file of blocks and waves. */
  public static final String METRICS = "metrics.jsonl";

  /** Name of the file of blocks that the level was chosen from. */
  public static final String LEVELS = "levels.jsonl";

  /** Name of the file of texts. */
  public static final String SAMPLES = "samples.json";

  /** Name of the file of what both models were measured on in the end. */
  public static final String EVALUATION = "evaluation.json";

  /** Name of the file of times. */
  public static final String TIMELINE = "timeline.json";

  /** Name of the file of an ablation's figures, beside the record. */
  public static final String ABLATION = "ablation.json";

  public RunRecord {
    blocks = List.copyOf(blocks);
  }

  /** The commands whose results have a report. */
  public enum Kind {
    PRUNE,
    ABLATE
  }

  /**
   * The files besides figures; a missing node where there is no such file.
   *
   * @param levels each block and wave of the models that the level was chosen from
   * @param timeline when stages and tasks ran
   * @param samples texts by the dense and the sparse model
   * @param evaluation what the sparse model was measured to be, against the dense one
   */
  public record Details(
      List<JsonNode> levels, JsonNode timeline, JsonNode samples, JsonNode evaluation) {
    public Details {
      levels = List.copyOf(levels);
    }
  }

  /**
   * Reads the record in the folder of a result, staged or in its place.
   *
   * @throws UsageException if it is no result of {@code prune} or {@code ablate}
   * @throws InvalidDataException if its record is broken
   */
  public static RunRecord read(Path folder, Configuration hadoop) {
    Path record = new Path(folder, "coppice");
    Details details =
        new Details(
            lines(new Path(record, LEVELS), hadoop),
            tree(new Path(record, TIMELINE), hadoop),
            tree(new Path(record, SAMPLES), hadoop),
            tree(new Path(record, EVALUATION), hadoop));
    JsonNode run = tree(new Path(record, RUN), hadoop);
    if (run.isObject()) {
      List<JsonNode> blocks = lines(new Path(record, METRICS), hadoop);
      if (blocks.isEmpty()) {
        throw new InvalidDataException(
            "The record %s is broken: %s is missing or empty".formatted(record, METRICS));
      }
      return new RunRecord(folder.toString(), Kind.PRUNE, run, blocks, details);
    }
    JsonNode ablation = tree(new Path(folder, ABLATION), hadoop);
    if (ablation.isObject()) {
      return new RunRecord(folder.toString(), Kind.ABLATE, ablation, List.of(), details);
    }
    throw new UsageException(
        "%s holds neither coppice/%s, as prune writes it, nor %s, as ablate does; give the --output of such a run"
            .formatted(folder, RUN, ABLATION));
  }

  /** The same of a folder that will be in another place. */
  public RunRecord at(Path folder) {
    return new RunRecord(folder.toString(), kind, figures, blocks, details);
  }

  /** The value of an option, as text; empty if it has none. */
  public String option(String key) {
    return String.join(", ", options(key));
  }

  /** The values of an option that may be given several times. */
  public List<String> options(String key) {
    JsonNode value = figures.path("configuration").path(key);
    List<String> texts = new ArrayList<>();
    if (value.isArray()) {
      value.forEach(element -> texts.add(element.asText()));
    } else if (value.isValueNode() && !value.isNull()) {
      texts.add(value.asText());
    }
    return texts;
  }

  /** The last wave of each block, in the model's order. */
  public List<JsonNode> lastWaves() {
    return lastWaves(blocks);
  }

  /** The last of the waves among some lines of blocks, in the model's order. */
  public static List<JsonNode> lastWaves(List<JsonNode> blocks) {
    Map<Integer, JsonNode> last = new TreeMap<>();
    for (JsonNode line : blocks) {
      last.merge(
          line.path("block").intValue(),
          line,
          (one, other) ->
              other.path("wave").intValue() >= one.path("wave").intValue() ? other : one);
    }
    return List.copyOf(last.values());
  }

  /**
   * The share of zeros in the prunable weights, a mean over blocks, which are of one size; NaN
   * where no block is known.
   */
  public double sparsity() {
    return lastWaves().stream()
        .mapToDouble(block -> block.path("sparsity").asDouble(Double.NaN))
        .average()
        .orElse(Double.NaN);
  }

  /** The last part of the folder's name. */
  public String name() {
    return new Path(place).getName();
  }

  private static JsonNode tree(Path file, Configuration hadoop) {
    return JsonFile.readTree(file, hadoop).orElse(MissingNode.getInstance());
  }

  private static List<JsonNode> lines(Path file, Configuration hadoop) {
    List<JsonNode> lines = new ArrayList<>();
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(Storage.of(file, hadoop).open(file), StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.add(Json.parse(line));
      }
      return lines;
    } catch (FileNotFoundException e) {
      return List.of();
    } catch (JsonProcessingException e) {
      throw new InvalidDataException(
          "%s is broken in line %d: it is not JSON".formatted(file, lines.size() + 1), e);
    } catch (IOException e) {
      throw Storage.cannot("read", file, e);
    }
  }
}
