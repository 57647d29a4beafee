package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import io.coppice.prune.Dense;
import io.coppice.prune.LayerPattern;
import io.coppice.prune.SemiStructured;
import io.coppice.prune.Unstructured;
import java.io.Serializable;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.PatternSyntaxException;
import picocli.CommandLine.Option;

/**
 * Another pattern for some tensors than for the rest.
 *
 * @param tensors a glob over full tensor names: {@code *} stands for any characters, {@code ?} for
 *     one, {@code [ab]} for a choice of characters, {@code {a,b}} for a choice of words
 * @param pattern pattern in which they are pruned
 */
public record LayerOverride(String tensors, LayerPattern pattern) implements Serializable {

  /**
   * Checks the glob.
   *
   * @throws UsageException if it is malformed
   */
  public LayerOverride {
    matcher(tensors);
  }

  /** The pattern as users write it in this option. */
  public String value() {
    return pattern instanceof Unstructured unstructured
        ? String.valueOf(unstructured.sparsity())
        : pattern.toString();
  }

  /** A test of whether a tensor of this full name is meant. */
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

  /** The option that names tensors to be pruned in another way than the rest. */
  @Topic.Of(Topic.WEIGHTS)
  static final class Options {
    @Option(
        names = "--overrides",
        paramLabel = "TENSORS=VALUE",
        description =
            "Another sparsity (0.3) or pattern (2:4) for tensors by name, or dense for none. Names"
                + " are globs over full names of tensors, such as *.down_proj.weight or"
                + " model.layers.0.*; of several that match, the last counts. May be given several"
                + " times.")
    private List<String> overrides = new ArrayList<>();

    List<LayerOverride> settings() {
      return overrides.stream().map(Options::override).toList();
    }

    private static LayerOverride override(String text) {
      int split = text.lastIndexOf('=');
      if (split < 1 || split == text.length() - 1) {
        throw new UsageException(
            "--overrides must be TENSORS=VALUE, such as *.down_proj.weight=2:4, but is " + text);
      }
      return new LayerOverride(text.substring(0, split).strip(), value(text.substring(split + 1)));
    }

    private static LayerPattern value(String text) {
      String word = text.strip();
      if (word.equalsIgnoreCase("dense")) {
        return new Dense();
      }
      Optional<SemiStructured> groups = SemiStructured.parse(word);
      if (groups.isPresent()) {
        return groups.orElseThrow();
      }
      try {
        return new Unstructured(
            Check.below("The sparsity in --overrides", 0, 1, Double.parseDouble(word)));
      } catch (NumberFormatException e) {
        throw new UsageException(
            "The value in --overrides must be a sparsity such as 0.3, a pattern such as 2:4, or dense,"
                + " but is "
                + word,
            e);
      }
    }
  }
}
