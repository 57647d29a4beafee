package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import io.coppice.prune.PruningMethod;
import io.coppice.prune.SemiStructured;
import io.coppice.prune.SparsityPattern;
import io.coppice.prune.Unstructured;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Choice of the weights that go.
 *
 * @param method the pruner
 * @param pattern places and share of zeros in every pruned layer
 * @param overrides other patterns for some tensors; of several that match, the last counts
 * @param refitIterations steps of conjugate gradients by which a pruned layer is refitted; 0 for
 *     none
 * @param allocation distribution of the sparsity over the blocks
 * @param masks time at which masks are chosen
 */
public record PruningSettings(
    PruningMethod method,
    SparsityPattern pattern,
    List<LayerOverride> overrides,
    int refitIterations,
    Allocation allocation,
    Masks masks)
    implements Serializable {
  public PruningSettings {
    overrides = List.copyOf(overrides);
  }

  /** The options of a command that prunes by one method and in one pattern. */
  @Topic.Of(Topic.WEIGHTS)
  static final class Options {
    static final double DEFAULT_SPARSITY = 0.5;

    static final String MASKS_DESCRIPTION =
        "When it is decided which weights go: at-once (before training), gradual (while a block is"
            + " trained for the first time: from its dense weights, more and more of those that are"
            + " lowest by then), which takes more memory, or auto"
            + " (the one of them that does better on held-out text in a trial)";

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

    @Option(
        names = "--masks",
        paramLabel = "MASKS",
        description = MASKS_DESCRIPTION + " (default: at-once; level best has auto).")
    private Optional<Masks.Kind> masks;

    @Mixin private final LayerOptions layers = new LayerOptions();

    /**
     * The settings.
     *
     * @param training training of the weights that stay
     * @throws UsageException if a value is out of its range or two contradict
     */
    PruningSettings settings(ReconstructionSettings training) {
      PruningSettings settings = layers.settings(combined(), training).get(0);
      Masks.require(settings, training, "--reconstruct", "give --masks at-once");
      return settings;
    }

    private Combined combined() {
      return new Combined("--pattern", List.of(method), List.of(pattern()), List.of(masks));
    }

    /** The sparsity that the pattern comes to, and the numbers of its allocation and masks. */
    Map<String, Object> derived(ReconstructionSettings training) {
      List<PruningSettings> settings = layers.settings(combined(), training);
      Map<String, Object> values = new HashMap<>(layers.derived(settings, training));
      values.put("masks", settings.get(0).masks().kind(training.levels().get(0)));
      values.put("sparsity", pattern().sparsity());
      return values;
    }

    /**
     * Reads a pattern as users write it.
     *
     * @param option name of the option, for messages
     * @param sparsity value of --sparsity, if it was given
     * @throws UsageException if it is no pattern, or the sparsity is out of its range
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

  /**
   * All that is combined.
   *
   * @param patternOption the option that names the patterns
   * @param masks kinds of masks; empty where each level has its own
   */
  record Combined(
      String patternOption,
      List<PruningMethod> methods,
      List<SparsityPattern> patterns,
      List<Optional<Masks.Kind>> masks) {}

  /** The options that hold for any methods, patterns and masks. */
  @Topic.Of(Topic.WEIGHTS)
  static final class LayerOptions {
    @Mixin private final LayerOverride.Options overrides = new LayerOverride.Options();

    @Option(
        names = "--refit",
        arity = "0..1",
        paramLabel = "ITERATIONS",
        defaultValue = "0",
        fallbackValue = "10",
        description =
            "Before training, fit each pruned layer's kept weights to what the dense layer puts out:"
                + " least squares on the fixed mask, by so many steps of conjugate gradients. 10"
                + " where no number is given; 0 is none (default: ${DEFAULT-VALUE}).")
    private int refit;

    @Mixin private final Allocation.Options allocation = new Allocation.Options();
    @Mixin private final Masks.Options masks = new Masks.Options();

    /**
     * Settings of every method in every pattern with every kind of masks.
     *
     * @param training on which masks depend
     */
    List<PruningSettings> settings(Combined combined, ReconstructionSettings training) {
      List<LayerOverride> overridden = overrides.settings();
      Allocation spread = allocation.settings(combined.patternOption(), combined.patterns());
      int iterations = Check.atLeast("--refit", 0, refit);
      List<PruningSettings> settings = new ArrayList<>();
      for (PruningMethod method : combined.methods()) {
        for (SparsityPattern pattern : combined.patterns()) {
          for (Optional<Masks.Kind> kind : combined.masks()) {
            settings.add(
                new PruningSettings(
                    method,
                    pattern,
                    overridden,
                    iterations,
                    spread,
                    masks.settings(kind, training)));
          }
        }
      }
      masks.require(settings.stream().map(PruningSettings::masks).toList());
      return settings;
    }

    /** The numbers of allocation and masks, defaults included. */
    Map<String, Object> derived(List<PruningSettings> settings, ReconstructionSettings training) {
      Map<String, Object> values = new HashMap<>(allocation.derived());
      values.putAll(
          masks.derived(settings.stream().map(PruningSettings::masks).toList(), training.order()));
      return values;
    }
  }
}
