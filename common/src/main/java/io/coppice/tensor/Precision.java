package io.coppice.tensor;

/** The format that operands of products are read in; sums are float32 in both. */
public enum Precision {
  FLOAT32,
  BF16
}
