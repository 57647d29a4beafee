package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import io.coppice.prune.Dense;
import io.coppice.prune.LayerPattern;
import io.coppice.prune.SemiStructured;
import io.coppice.prune.Unstructured;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Tensors that are pruned otherwise than the rest. */
@Topic.Of(Topic.WEIGHTS)
final class OverrideOptions {
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
    return overrides.stream().map(OverrideOptions::override).toList();
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
