package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import io.coppice.prune.PruningMethod;
import io.coppice.prune.SparsityPattern;
import io.coppice.text.Join;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of {@code coppice ablate}. */
@Command(
    name = "ablate",
    description = {
      "Reconstructs a checkpoint in every combination of methods, patterns, levels and seeds, and",
      "tabulates errors and perplexities in the paper's form. Keeps no sparse checkpoint.",
      "",
      "  coppice ablate --model models/opt-125m --calibration c4.jsonl --text wikitext.jsonl \\",
      "      --output ablation --methods sparsegpt,wanda --levels lr,gp --seeds 0,1,2",
      ""
    })
public final class AblateOptions implements CommandOptions<AblateSettings> {
  @Mixin private final ModelOptions model = new ModelOptions();
  @Mixin private final CalibrationOptions calibration = new CalibrationOptions();
  @Mixin private final SelfGeneratedOptions selfGenerated = new SelfGeneratedOptions();
  @Mixin private final OutputOptions output = new OutputOptions();

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

  @Mixin private final OverrideOptions overrides = new OverrideOptions();
  @Mixin private final RefitOptions refit = new RefitOptions();
  @Mixin private final AllocationOptions allocation = new AllocationOptions();
  @Mixin private final TrainingOptions training = new TrainingOptions();

  @Topic.Of(Topic.MEASURED)
  @Option(
      names = "--text",
      paramLabel = "TEXT",
      description =
          "Text to measure perplexity on, besides the held-out windows. May be given several"
              + " times.")
  private List<String> texts = List.of();

  @Topic.Of(Topic.MEASURED)
  @Option(
      names = "--join",
      paramLabel = "JOIN",
      defaultValue = "blank-line",
      description =
          "How documents of those texts become one stream, as --join of evaluate (default:"
              + " ${DEFAULT-VALUE}).")
  private Join join;

  @Topic.Of(Topic.MEASURED)
  @Option(
      names = "--evaluation-length",
      paramLabel = "TOKENS",
      description =
          "Tokens of a window of those texts, at least 2 and at most the model's positions"
              + " (default: the model's positions).")
  private Optional<Integer> evaluationLength;

  @Mixin private final ActivationOptions activations = new ActivationOptions();
  @Mixin private final EngineOptions engine = new EngineOptions();

  @Override
  public AblateSettings settings() {
    String folder = model.folder();
    CalibrationSettings calibrated = calibration.settings();
    requireDifferent("--methods", methods);
    requireDifferent("--levels", levels);
    requireDifferent("--seeds", seeds);
    sparsity = Optional.of(sparsity.orElse(PruningOptions.DEFAULT_SPARSITY));
    List<SparsityPattern> chosen =
        patterns.stream()
            .map(pattern -> PruningOptions.pattern("--patterns", pattern, sparsity))
            .toList();
    requireDifferent("--patterns", chosen);
    ReconstructionSettings reconstruction = training.settings(levels);
    TrainingOptions.requireHeldOut(reconstruction, calibrated.heldOutSamples());
    SelfGeneratedSettings written = selfGenerated.settings();
    TrainingOptions.requireUse(reconstruction, written, "--levels lr");
    return new AblateSettings(
        folder,
        calibrated,
        written,
        output.settings(folder, true),
        prunings(chosen),
        seeds,
        reconstruction,
        activations.settings(),
        evaluation(folder, calibrated.textField()));
  }

  @Override
  public List<String> remarks() {
    return training.remarks();
  }

  /** Every method in every pattern. */
  private List<PruningSettings> prunings(List<SparsityPattern> chosen) {
    List<LayerOverride> overridden = overrides.settings();
    Allocation spread = allocation.settings("--patterns", chosen);
    return methods.stream()
        .flatMap(
            method ->
                chosen.stream()
                    .map(
                        pattern ->
                            new PruningSettings(
                                method, pattern, overridden, refit.iterations(), spread)))
        .toList();
  }

  private EvaluateSettings evaluation(String folder, String textField) {
    return new EvaluateSettings(
        folder,
        texts.stream().map(text -> Check.pattern("--text", text)).toList(),
        textField,
        join,
        evaluationLength
            .map(tokens -> Check.atLeast("--evaluation-length", 2, tokens))
            .map(SequenceLength::exactly)
            .orElse(SequenceLength.ofModel()),
        "",
        Double.POSITIVE_INFINITY,
        engine.requireNative());
  }

  private static void requireDifferent(String option, List<?> values) {
    if (new HashSet<>(values).size() < values.size()) {
      throw new UsageException(
          "%s names something twice: %s; give each once".formatted(option, values));
    }
  }
}
