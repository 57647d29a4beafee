package io.coppice.job.cli;

import java.io.Serializable;
import java.util.List;

/**
 * All that {@code coppice generate} is asked to do, checked as far as it can be without the model.
 *
 * @param model folder of the dense checkpoint, on any Hadoop file system
 * @param output file for the texts and folder for what is finished of them
 * @param samples texts that are wanted
 * @param maxLength the most tokens of a text
 * @param temperature of the sampling, more than 0
 * @param language of the text, a code of ISO 639, or any
 * @param prefixes texts whose beginnings the model goes on with; empty for random openings
 * @param textField field of a JSON object, or Parquet column, that is the text
 * @param prefixTokens tokens of a beginning
 * @param dropPerplexity share of all texts written that is dropped, in [0, 1)
 * @param seed decides everything that is drawn
 * @param requireNative whether to fail rather than compute without native BLAS
 */
public record GenerateSettings(
    String model,
    OutputSettings output,
    int samples,
    SequenceLength maxLength,
    double temperature,
    String language,
    List<String> prefixes,
    String textField,
    int prefixTokens,
    double dropPerplexity,
    long seed,
    boolean requireNative)
    implements Serializable {
  public GenerateSettings {
    prefixes = List.copyOf(prefixes);
  }

  /** Texts to write, so that {@link #samples} are left when those are dropped that are to be. */
  public int written() {
    return (int) Math.min(Integer.MAX_VALUE, Math.ceil(samples / (1 - dropPerplexity)));
  }
}
