package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import io.coppice.prune.PruningMethod;
import io.coppice.prune.SemiStructured;
import io.coppice.prune.SparsityPattern;
import io.coppice.prune.Unstructured;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which weights go. */
@Topic.Of(Topic.WEIGHTS)
final class PruningOptions {
  static final double DEFAULT_SPARSITY = 0.5;

  @Option(
      names = "--method",
      paramLabel = "METHOD",
      defaultValue = "sparsegpt",
      description =
          "How weights are ranked: magnitude (by their size), wanda (by their size times the norm"
              + " of their input) or sparsegpt (by what the layer loses with them; it also lets"
              + " the weights that stay make up for the others, layer by layer) (default:"
              + " ${DEFAULT-VALUE}).")
  private PruningMethod method;

  @Option(
      names = "--sparsity",
      paramLabel = "FRACTION",
      description =
          "Share of zeros in every pruned layer, left out with an N:M pattern; at least 0 and less"
              + " than 1 (default: 0.5, or what an N:M pattern comes to).")
  private Optional<Double> sparsity;

  @Option(
      names = "--pattern",
      paramLabel = "PATTERN",
      defaultValue = "unstructured",
      description =
          "Where zeros may stand: unstructured (anywhere), or N:M, such as 2:4, 4:8 or 1:4: of"
              + " every M consecutive weights of a row exactly N are kept. M must divide the rows"
              + " of every pruned tensor (default: ${DEFAULT-VALUE}).")
  private String pattern;

  @Mixin private final OverrideOptions overrides = new OverrideOptions();

  @Mixin private final RefitOptions refit = new RefitOptions();

  @Mixin private final AllocationOptions allocation = new AllocationOptions();

  PruningSettings settings() {
    SparsityPattern chosen = pattern();
    sparsity = Optional.of(chosen.sparsity());
    return new PruningSettings(
        method,
        chosen,
        overrides.settings(),
        refit.iterations(),
        allocation.settings("--pattern", List.of(chosen)));
  }

  /**
   * A pattern as users write it.
   *
   * @param sparsity what --sparsity says, if it was given
   */
  static SparsityPattern pattern(String option, String pattern, Optional<Double> sparsity) {
    sparsity.ifPresent(value -> Check.below("--sparsity", 0, 1, value));
    if (pattern.equalsIgnoreCase("unstructured")) {
      return new Unstructured(sparsity.orElse(DEFAULT_SPARSITY));
    }
    return SemiStructured.parse(pattern)
        .orElseThrow(
            () ->
                new UsageException(
                    "%s must be unstructured or N:M, such as 2:4, but is %s"
                        .formatted(option, pattern)));
  }

  private SparsityPattern pattern() {
    SparsityPattern chosen = pattern("--pattern", pattern, sparsity);
    if (sparsity.isPresent() && Math.abs(sparsity.orElseThrow() - chosen.sparsity()) > 1e-6) {
      throw new UsageException(
          "--sparsity %s contradicts --pattern %s, which prunes %s; leave --sparsity out"
              .formatted(sparsity.orElseThrow(), pattern, chosen.sparsity()));
    }
    return chosen;
  }
}
