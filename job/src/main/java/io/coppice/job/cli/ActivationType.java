package io.coppice.job.cli;

/** The number format in which activations are stored. */
public enum ActivationType {
  /** 16 bits, the upper half of a float32: half the space, three significant digits. */
  BF16("bf16"),
  /** 32 bits, as computed. */
  F32("f32");

  private final String word;

  ActivationType(String word) {
    this.word = word;
  }

  /** The word of the command line. */
  @Override
  public String toString() {
    return word;
  }
}
