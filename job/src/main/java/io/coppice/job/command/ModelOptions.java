package io.coppice.job.command;

import picocli.CommandLine.Option;

/** The checkpoint that a command reads. */
final class ModelOptions {
  @Option(
      names = "--model",
      required = true,
      paramLabel = "FOLDER",
      description =
          "Checkpoint in Hugging Face's layout (config.json, safetensors, a tokenizer), on any"
              + " Hadoop file system.")
  private String model;

  String folder() {
    return Check.path("--model", model);
  }
}
