package io.coppice.job.endtoend;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Reads the measurements of runs. */
final class Measured {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Measured() {}

  /** A model's perplexity by {@code evaluate}, each document with its own begin token. */
  static double perplexity(String master, Path model, Path text, int sequenceLength) {
    Program program =
        Program.on(
                master,
                Program.words(
                    "evaluate --model %s --text %s".formatted(model, text),
                    "--join bos --sequence-length " + sequenceLength))
            .succeeded();
    try {
      return JSON.readTree(program.out())
          .required("perplexity")
          .elements()
          .next()
          .required("perplexity")
          .doubleValue();
    } catch (JsonProcessingException e) {
      throw new AssertionError(program.out(), e);
    }
  }

  /** The record of a run: {@code run.json}. */
  static JsonNode run(Path output) {
    return json(output.resolve("coppice/run.json"));
  }

  /** A file that holds one JSON value. */
  static JsonNode json(Path file) {
    try {
      return parse(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The lines of a run's metrics, {@code metrics.jsonl}. */
  static List<JsonNode> metrics(Path output) {
    return lines(output.resolve("coppice/metrics.jsonl"));
  }

  /** A file of JSON lines. */
  static List<JsonNode> lines(Path file) {
    try {
      return Files.readAllLines(file).stream().map(Measured::parse).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Lines of a run's metrics: one for every block of the last wave, in the order of blocks. */
  static List<JsonNode> lastWave(Path output) {
    List<JsonNode> lines = metrics(output);
    int last = lines.stream().mapToInt(line -> line.required("wave").intValue()).max().orElse(0);
    return lines.stream().filter(line -> line.required("wave").intValue() == last).toList();
  }

  /** The mean over blocks of a metric. */
  static double mean(Path output, String metric) {
    return lastWave(output).stream()
        .mapToDouble(line -> line.required(metric).doubleValue())
        .average()
        .orElseThrow();
  }

  private static JsonNode parse(String line) {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException e) {
      throw new AssertionError(line, e);
    }
  }
}
