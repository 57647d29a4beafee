package io.coppice.job.cli;

import picocli.CommandLine.Option;

/** The checkpoint that a command reads. */
@Topic.Of(Topic.CHECKPOINT)
final class ModelOptions {
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
