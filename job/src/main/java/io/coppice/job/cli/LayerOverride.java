package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import io.coppice.prune.LayerPattern;
import io.coppice.prune.Unstructured;
import java.io.Serializable;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.function.Predicate;
import java.util.regex.PatternSyntaxException;

/**
 * What is done to some tensors instead of what is done to all.
 *
 * @param tensors a glob over full tensor names: {@code *} stands for any characters, {@code ?} for
 *     one, {@code [ab]} for a choice of characters, {@code {a,b}} for a choice of words
 * @param pattern what is done to them
 */
public record LayerOverride(String tensors, LayerPattern pattern) implements Serializable {

  /**
   * @throws UsageException if the glob is malformed
   */
  public LayerOverride {
    matcher(tensors);
  }

  /** The pattern as users write it here. */
  public String value() {
    return pattern instanceof Unstructured unstructured
        ? String.valueOf(unstructured.sparsity())
        : pattern.toString();
  }

  /** Whether a tensor of this full name is meant. */
  public Predicate<String> matcher() {
    PathMatcher matcher = matcher(tensors);
    return name -> matcher.matches(Path.of(name));
  }

  private static PathMatcher matcher(String glob) {
    try {
      return FileSystems.getDefault().getPathMatcher("glob:" + glob);
    } catch (PatternSyntaxException e) {
      throw new UsageException(
          "The tensor names %s in --overrides are no glob: %s".formatted(glob, e.getDescription()),
          e);
    }
  }
}
