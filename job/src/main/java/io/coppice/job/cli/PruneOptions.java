package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of {@code coppice prune}. */
@Command(
    name = "prune",
    description = {
      "Prunes a checkpoint and reconstructs it block by block.",
      "",
      "  coppice prune --model models/llama --calibration text.jsonl --output sparse",
      "  coppice --master yarn --num-executors 32 -- prune --model hdfs:///models/llama-7b \\",
      "      --calibration hdfs:///text/c4 --output hdfs:///models/llama-7b-sparse",
      "",
      "Started again after a failure, it goes on with what is not finished.",
      ""
    })
public final class PruneOptions implements CommandOptions<PruneSettings> {
  @Mixin private final ModelOptions model = new ModelOptions();
  @Mixin private final CalibrationOptions calibration = new CalibrationOptions();
  @Mixin private final SelfGeneratedOptions selfGenerated = new SelfGeneratedOptions();
  @Mixin private final OutputOptions output = new OutputOptions();

  @Topic.Of(Topic.RESULTS)
  @Option(
      names = "--skip-finished",
      description =
          "Succeed at once if the output is what the same command, of the same files, has made:"
              + " for a scheduler that tries again after a success that it missed.")
  private boolean skipFinished;

  @Mixin private final RestartOptions restart = new RestartOptions();
  @Mixin private final PruningOptions pruning = new PruningOptions();
  @Mixin private final ReconstructionOptions reconstruction = new ReconstructionOptions();
  @Mixin private final EngineOptions engine = new EngineOptions();
  @Mixin private final SeedOptions seed = new SeedOptions();
  @Mixin private final ActivationOptions activations = new ActivationOptions();

  @Override
  public PruneSettings settings() {
    String folder = model.folder();
    CalibrationSettings texts = calibration.settings();
    ReconstructionSettings training = reconstruction.settings();
    if (training.levels().size() > 1 && texts.heldOutSamples() == 0) {
      throw new UsageException(
          "--reconstruct auto needs held-out windows, but --held-out is 0; raise it or give one"
              + " level");
    }
    TrainingOptions.requireHeldOut(training, texts.heldOutSamples());
    SelfGeneratedSettings written = selfGenerated.settings();
    TrainingOptions.requireUse(training, written, "--reconstruct lr");
    return new PruneSettings(
        folder,
        texts,
        written,
        output.settings(folder, restart.restart()),
        pruning.settings(),
        training,
        activations.settings(),
        seed.seed(),
        engine.requireNative(),
        skipFinished);
  }

  @Override
  public List<String> remarks() {
    return reconstruction.remarks();
  }
}
