package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import io.coppice.prune.PruningMethod;
import io.coppice.prune.SparsityPattern;
import java.io.Serializable;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The task of {@code coppice ablate}.
 *
 * @param source the model, and the text that it is pruned and trained on
 * @param output folder for the tables
 * @param grid all that is combined
 * @param activations storage of activations
 * @param evaluation measurement of every sparse model, on texts of which there may be none
 */
public record AblateSettings(
    SourceSettings source,
    OutputSettings output,
    Grid grid,
    ActivationSettings activations,
    EvaluateSettings evaluation)
    implements Serializable {

  /**
   * Values of which every combination is measured.
   *
   * @param prunings each method in each pattern with each kind of masks, at least one
   * @param reconstruction training of the weights that stay, with every level
   * @param seeds numbers that decide what is drawn, at least one; each draws its own windows
   */
  public record Grid(
      List<PruningSettings> prunings, ReconstructionSettings reconstruction, List<Long> seeds)
      implements Serializable {
    public Grid {
      prunings = List.copyOf(prunings);
      seeds = List.copyOf(seeds);
    }

    /** The kinds of masks, in the order asked for. */
    public List<Masks.Kind> masks() {
      return prunings.stream().map(pruning -> pruning.masks().kind()).distinct().toList();
    }

    /**
     * The levels that are combined with a kind of masks; one with its own masks, with the first.
     */
    public List<Level> levels(Masks.Kind kind) {
      return reconstruction.levels().stream()
          .filter(level -> level != Level.BEST || kind == masks().get(0))
          .toList();
    }
  }

  /** Folder of the dense checkpoint, on any Hadoop file system. */
  public String model() {
    return source.model();
  }

  /** Calibration text. */
  public CalibrationSettings calibration() {
    return source.calibration();
  }

  /** Text that the model writes to be trained on. */
  public SelfGeneratedSettings selfGenerated() {
    return source.selfGenerated();
  }

  /** Each method in each pattern with each kind of masks, at least one. */
  public List<PruningSettings> prunings() {
    return grid.prunings();
  }

  /** Training of the weights that stay, with every level. */
  public ReconstructionSettings reconstruction() {
    return grid.reconstruction();
  }

  /** The seeds, at least one; each draws its own windows. */
  public List<Long> seeds() {
    return grid.seeds();
  }

  /** The methods, in the order asked for. */
  public List<PruningMethod> methods() {
    return prunings().stream().map(PruningSettings::method).distinct().toList();
  }

  /** The patterns, in the order asked for. */
  public List<SparsityPattern> patterns() {
    return prunings().stream().map(PruningSettings::pattern).distinct().toList();
  }

  /** The options of {@code coppice ablate}. */
  @Command(
      name = "ablate",
      description = {
        "Tabulates errors and perplexities of every combination of methods, patterns, masks, levels and seeds.",
        "The tables have the paper's form. Keeps no sparse checkpoint.",
        "",
        "  coppice ablate --model models/opt-125m --calibration c4.jsonl --text wikitext.jsonl \\",
        "      --output ablation --methods sparsegpt,wanda --levels lr,gp --seeds 0,1,2",
        ""
      })
  public static final class Options implements CommandOptions<AblateSettings> {
    @Mixin private final SourceSettings.Options source = new SourceSettings.Options();
    @Mixin private final OutputSettings.Options output = new OutputSettings.Options();

    @Topic.Of(Topic.WEIGHTS)
    @Option(
        names = "--methods",
        split = ",",
        paramLabel = "METHOD",
        defaultValue = "magnitude,wanda,sparsegpt",
        description =
            "How weights are ranked, as --method of prune; several with commas (default:"
                + " ${DEFAULT-VALUE}).")
    private List<PruningMethod> methods;

    @Topic.Of(Topic.WEIGHTS)
    @Option(
        names = "--patterns",
        split = ",",
        paramLabel = "PATTERN",
        defaultValue = "unstructured",
        description =
            "Where zeros may stand, as --pattern of prune; several with commas (default:"
                + " ${DEFAULT-VALUE}).")
    private List<String> patterns;

    @Topic.Of(Topic.WEIGHTS)
    @Option(
        names = "--sparsity",
        paramLabel = "FRACTION",
        description = "Share of zeros in every layer of pattern unstructured (default: 0.5).")
    private Optional<Double> sparsity;

    @Topic.Of(Topic.WEIGHTS)
    @Option(
        names = "--masks",
        split = ",",
        paramLabel = "MASKS",
        defaultValue = "at-once",
        description =
            "When it is decided which weights go, as --masks of prune; beside at-once level best has"
                + " auto; several with commas (default: ${DEFAULT-VALUE}).")
    private List<Masks.Kind> masks;

    @Topic.Of(Topic.TRAINING)
    @Option(
        names = "--levels",
        split = ",",
        paramLabel = "LEVEL",
        defaultValue = "lr,br,gp,cr",
        description =
            "What the weights that stay are fitted to, as --reconstruct of prune; several with"
                + " commas (default: ${DEFAULT-VALUE}).")
    private List<Level> levels;

    @Topic.Of(Topic.RUNNING)
    @Option(
        names = "--seeds",
        split = ",",
        paramLabel = "N",
        defaultValue = "0",
        description =
            "Seeds, with commas. Each draws its own windows; the table states mean and deviation"
                + " (default: ${DEFAULT-VALUE}).")
    private List<Long> seeds;

    @Mixin private final PruningSettings.LayerOptions layers = new PruningSettings.LayerOptions();

    @Mixin
    private final ReconstructionSettings.TrainingOptions training =
        new ReconstructionSettings.TrainingOptions();

    @Mixin private final MeasuredSettings.Options measured = new MeasuredSettings.Options();

    @Mixin private final ActivationSettings.Options activations = new ActivationSettings.Options();

    @Mixin
    private final EngineSettings.TrainingOptions engine = new EngineSettings.TrainingOptions();

    @Override
    public AblateSettings settings() {
      SourceSettings read = source.settings();
      Grid grid = grid();
      grid.reconstruction().requireText(read, "--levels lr");
      return new AblateSettings(
          read,
          output.settings(read.model(), Map.of(OutputSettings.Choice.RESTART, true)),
          grid,
          activations.settings(),
          evaluation(read));
    }

    @Override
    public Map<String, Object> derived() {
      Map<String, Object> values = new HashMap<>(output.derived());
      values.put("sparsity", sparsity());
      values.putAll(layers.derived(grid().prunings(), training.settings(levels)));
      values.putAll(training.derived(levels));
      values.putAll(measured.derived());
      return values;
    }

    private double sparsity() {
      return sparsity.orElse(PruningSettings.Options.DEFAULT_SPARSITY);
    }

    @Override
    public List<String> remarks() {
      return training.remarks(levels);
    }

    private Grid grid() {
      requireDifferent("--methods", methods);
      requireDifferent("--masks", masks);
      requireDifferent("--levels", levels);
      requireDifferent("--seeds", seeds);
      List<SparsityPattern> chosen =
          patterns.stream()
              .map(pattern -> PruningSettings.Options.pattern("--patterns", pattern, sparsity))
              .toList();
      requireDifferent("--patterns", chosen);
      ReconstructionSettings trained = training.settings(levels);
      List<PruningSettings> prunings =
          layers.settings(
              new PruningSettings.Combined(
                  "--patterns", methods, chosen, masks.stream().map(this::kind).toList()),
              trained);
      prunings.forEach(pruning -> Masks.require(pruning, trained, "--levels", "leave best out"));
      return new Grid(prunings, trained, seeds);
    }

    /**
     * Masks at once are what all levels have but best, which has its own, and is combined with the
     * first kind alone.
     */
    private Optional<Masks.Kind> kind(Masks.Kind asked) {
      return asked == Masks.Kind.AT_ONCE && asked == masks.get(0)
          ? Optional.empty()
          : Optional.of(asked);
    }

    private EvaluateSettings evaluation(SourceSettings read) {
      return EvaluateSettings.of(
          read.model(), measured.settings(read.calibration().textField()), engine.settings());
    }

    private static void requireDifferent(String option, List<?> values) {
      if (new HashSet<>(values).size() < values.size()) {
        throw new UsageException(
            "%s names something twice: %s; give each once".formatted(option, values));
      }
    }
  }
}
