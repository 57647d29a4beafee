package io.coppice.job.cli;

import io.coppice.text.Join;
import java.io.Serializable;
import java.util.List;
import java.util.Optional;

/**
 * All that {@code coppice evaluate} is asked to do.
 *
 * @param model folder of the checkpoint, on any Hadoop file system
 * @param texts files to measure perplexity on
 * @param textField field of a JSON object, or Parquet column, that is the text
 * @param join how the documents of a text become one stream
 * @param sequenceLength tokens of a window
 * @param outputFile file for the results, or empty for none besides standard output
 * @param maxPerplexity the highest that is good enough on every text; infinite for any
 * @param requireNative whether to fail rather than compute without native BLAS
 */
public record EvaluateSettings(
    String model,
    List<String> texts,
    String textField,
    Join join,
    SequenceLength sequenceLength,
    String outputFile,
    double maxPerplexity,
    boolean requireNative)
    implements Serializable {
  public EvaluateSettings {
    texts = List.copyOf(texts);
  }

  /** File for the results besides standard output. */
  public Optional<String> output() {
    return outputFile.isEmpty() ? Optional.empty() : Optional.of(outputFile);
  }
}
