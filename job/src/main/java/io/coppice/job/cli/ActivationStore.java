package io.coppice.job.cli;

/** Where activations at block boundaries are kept. */
public enum ActivationStore {
  /** Broadcast where they fit into memory, files where they do not. */
  AUTO("auto"),
  /** Spark broadcasts, one per block boundary. */
  BROADCAST("broadcast"),
  /** Safetensors files in the work folder. */
  FILES("files");

  private final String word;

  ActivationStore(String word) {
    this.word = word;
  }

  /** The word of the command line. */
  @Override
  public String toString() {
    return word;
  }
}
