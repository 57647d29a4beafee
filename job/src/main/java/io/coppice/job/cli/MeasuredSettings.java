package io.coppice.job.cli;

import java.io.Serializable;
import java.util.List;
import java.util.stream.Stream;

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
}
