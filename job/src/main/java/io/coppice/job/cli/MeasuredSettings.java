package io.coppice.job.cli;

import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Everything that models are measured on, of which there may be nothing.
 *
 * @param texts for perplexity
 * @param tasks zero-shot
 */
public record MeasuredSettings(MeasuredTexts texts, MeasuredTasks tasks) implements Serializable {
  /** Whether there is neither a text nor a task. */
  public boolean isEmpty() {
    return texts.files().paths().isEmpty() && tasks.files().isEmpty();
  }

  /** Places of all files that are read. */
  public List<String> paths() {
    return Stream.concat(
            texts.files().paths().stream(),
            tasks.files().stream().map(MeasuredTasks.TaskFile::path))
        .toList();
  }

  /** The options of commands that measure what they have made. */
  static final class Options {
    @Topic.Of(Topic.MEASURED)
    @Option(
        names = "--text",
        paramLabel = "TEXT",
        description =
            "Text to measure perplexity on, besides the held-out windows. May be given several"
                + " times.")
    private List<String> texts = List.of();

    @Mixin private final MeasuredTexts.Options protocol = new MeasuredTexts.Options();

    @Topic.Of(Topic.MEASURED)
    @Option(
        names = "--evaluation-length",
        paramLabel = "TOKENS",
        description =
            "Tokens of a window of those texts, at least 2 and at most the model's positions"
                + " (default: the model's positions).")
    private Optional<Integer> evaluationLength;

    @Mixin private final MeasuredTasks.Options tasks = new MeasuredTasks.Options();

    /**
     * The measurements to be made.
     *
     * @param field of a JSON object, or Parquet column, that is the text
     */
    MeasuredSettings settings(String field) {
      return new MeasuredSettings(
          protocol.texts(
              TextPlaces.named("--text", texts, field), "--evaluation-length", evaluationLength),
          tasks.settings());
    }

    /** As {@link CommandOptions#derived}. */
    Map<String, Object> derived() {
      return protocol.derived();
    }
  }
}
