package io.coppice.kernel;

import io.coppice.tensor.Tensor;

/**
 * The tiles, of at most {@link #ELEMENTS}, that an element-wise kernel cuts a tensor into: several
 * whole rows, or, where a row is longer than that, parts of one row.
 */
final class Tiles {
  /** 8 KiB: three such tiles stay in a first-level cache. */
  static final int ELEMENTS = 2048;

  private Tiles() {}

  /** Elements of a row that one tile takes. */
  static int width(Tensor tensor) {
    return Math.min(tensor.columns(), ELEMENTS);
  }

  /** Rows that one tile takes. */
  static int height(Tensor tensor) {
    return Math.max(1, ELEMENTS / Math.max(1, tensor.columns()));
  }
}
