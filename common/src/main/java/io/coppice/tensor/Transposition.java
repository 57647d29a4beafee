package io.coppice.tensor;

/** Which operand of a product a · b is transposed. */
public enum Transposition {
  NONE,
  /** aᵀ · b. */
  LEFT,
  /** a · bᵀ. */
  RIGHT;

  boolean left() {
    return this == LEFT;
  }

  boolean right() {
    return this == RIGHT;
  }
}
