package io.coppice.job.cli;

import java.io.Serializable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The model that is pruned, and the text that it is pruned and trained on.
 *
 * @param model folder of the dense checkpoint, on any Hadoop file system
 * @param calibration text that calibrates
 * @param selfGenerated text that the model writes itself to be trained on
 */
public record SourceSettings(
    String model, CalibrationSettings calibration, SelfGeneratedSettings selfGenerated)
    implements Serializable {

  /** The options of all three. */
  static final class Options {
    @Mixin private final ModelOption model = new ModelOption();

    @Mixin
    private final CalibrationSettings.Options calibration = new CalibrationSettings.Options();

    @Mixin
    private final SelfGeneratedSettings.Options selfGenerated = new SelfGeneratedSettings.Options();

    SourceSettings settings() {
      return new SourceSettings(model.folder(), calibration.settings(), selfGenerated.settings());
    }
  }

  /** The option that names the checkpoint that a command reads. */
  @Topic.Of(Topic.CHECKPOINT)
  static final class ModelOption {
    @Option(
        names = "--model",
        required = true,
        paramLabel = "FOLDER",
        description =
            "Checkpoint in Hugging Face's layout, on any Hadoop file system: a folder with"
                + " config.json, model.safetensors or pytorch_model.bin or an index of either with"
                + " shards (F32, F16, BF16), and a tokenizer.")
    private String model;

    String folder() {
      return Check.path("--model", model);
    }
  }
}
