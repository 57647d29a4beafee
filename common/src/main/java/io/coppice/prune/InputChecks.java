package io.coppice.prune;

import io.coppice.failure.InvalidDataException;
import io.coppice.tensor.Tensor;

/** Checks of the pruners' arguments, with their messages. */
final class InputChecks {
  private InputChecks() {}

  static void requireFinite(String input, int column, double sumOfSquares) {
    if (!Double.isFinite(sumOfSquares)) {
      throw new InvalidDataException(
          "The input of %s holds NaN or values too large for float32 in column %d, so it cannot be"
                  .formatted(input, column)
              + " pruned; check the model's weights and the calibration text");
    }
  }

  static <S extends InputStatistics> S statistics(
      String layer, Tensor weight, InputStatistics statistics, Class<S> kind) {
    if (!kind.isInstance(statistics)) {
      throw new IllegalArgumentException(
          "Pruning %s needs %s, not %s"
              .formatted(layer, kind.getSimpleName(), statistics.getClass().getSimpleName()));
    }
    if (statistics.columns() != weight.columns()) {
      throw new IllegalArgumentException(
          "The weight of %s is %s but its input has %d columns"
              .formatted(layer, weight, statistics.columns()));
    }
    return kind.cast(statistics);
  }
}
