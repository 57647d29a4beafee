package io.coppice.job.generation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.failure.InvalidDataException;
import io.coppice.generate.TextWriter;
import io.coppice.generate.WrittenText;
import io.coppice.storage.AtomicFile;
import io.coppice.storage.Json;
import io.coppice.storage.Storage;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Texts in groups of {@link TextWriter#GROUP}, a file of JSON lines in the work folder for each.
 *
 * @param texts number of texts in all
 * @param seed of the run
 */
public record SampleGroups(int texts, long seed) implements Serializable {
  public int count() {
    return (texts + TextWriter.GROUP - 1) / TextWriter.GROUP;
  }

  /** The first text of a group. */
  int first(int group) {
    return group * TextWriter.GROUP;
  }

  /** The number of texts in a group. */
  int size(int group) {
    return Math.min(TextWriter.GROUP, texts - first(group));
  }

  public static String fileName(int group) {
    return String.format(Locale.ROOT, "group-%07d.jsonl", group);
  }

  /** Writes a group; its file appears whole or not at all. */
  void write(
      int group, List<WrittenText> written, List<String> decoded, Path file, Configuration hadoop) {
    StringBuilder lines = new StringBuilder();
    IntStream.range(0, size(group))
        .forEach(
            i -> lines.append(line(first(group) + i, written.get(i), decoded.get(i))).append('\n'));
    byte[] bytes = lines.toString().getBytes(StandardCharsets.UTF_8);
    try (AtomicFile output = AtomicFile.create(file, hadoop)) {
      output.write(bytes, 0, bytes.length);
      output.commit();
    }
  }

  private String line(int index, WrittenText written, String text) {
    ObjectNode line = Json.object();
    line.put("text", text);
    ArrayNode tokens = line.putArray("tokens");
    for (int token : written.tokens()) {
      tokens.add(token);
    }
    line.put("index", index);
    line.put("seed", seed);
    line.put("perplexity", written.perplexity());
    line.put("finish", written.finish().toString());
    line.put("rejected", written.rejected());
    return line.toString();
  }

  /**
   * A line of a group's file.
   *
   * @param json the line itself
   */
  public record Line(String json, int index, double perplexity, int tokens, int rejected) {}

  /** Reads a group's lines, in their order. */
  public List<Line> read(Path file, Configuration hadoop) {
    List<Line> lines = new ArrayList<>();
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(Storage.of(file, hadoop).open(file), StandardCharsets.UTF_8))) {
      String json = reader.readLine();
      while (json != null) {
        JsonNode line = Json.parse(json);
        lines.add(
            new Line(
                json,
                line.required("index").intValue(),
                line.required("perplexity").doubleValue(),
                line.required("tokens").size(),
                line.required("rejected").intValue()));
        json = reader.readLine();
      }
      return lines;
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new InvalidDataException(
          "%s is broken; delete it, and the run writes it again".formatted(file), e);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file, e);
    }
  }
}
