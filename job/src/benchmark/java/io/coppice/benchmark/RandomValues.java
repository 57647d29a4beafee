package io.coppice.benchmark;

import io.coppice.tensor.Tensor;
import java.util.SplittableRandom;

/** Fills tensors with values that a seed decides. */
final class RandomValues {
  /** Of a uniform distribution with deviation 1. */
  private static final float WIDTH = (float) Math.sqrt(12);

  private final SplittableRandom random;

  RandomValues(long seed) {
    random = new SplittableRandom(seed);
  }

  /** Values of mean 0. */
  void fill(Tensor tensor, double deviation) {
    fill(tensor, (float) deviation, 0);
  }

  /** The same with about half of them exactly 0, as after pruning. */
  void fillHalf(Tensor tensor, double deviation) {
    fill(tensor, (float) deviation, 0.5f);
  }

  private void fill(Tensor tensor, float deviation, float zeros) {
    float[] row = new float[tensor.columns()];
    for (int i = 0; i < tensor.rows(); i++) {
      for (int j = 0; j < row.length; j++) {
        long bits = random.nextLong();
        float value = (bits >>> 40) * 0x1p-24f - 0.5f;
        boolean zero = (bits & 0xffff) * 0x1p-16f < zeros;
        row[j] = zero ? 0 : deviation * WIDTH * value;
      }
      tensor.writeRow(i, row);
    }
  }
}
