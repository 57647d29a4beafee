package io.coppice.prune;

import io.coppice.failure.InvalidDataException;
import java.util.Arrays;

/**
 * Finds the lowest {@code count} scores among rows of weights, exactly and without sorting or
 * storing them: a radix selection that reads the scores three times, digit by digit.
 *
 * <p>Scores are compared as integer keys: 0 for a weight that is zero already, otherwise the bits
 * of the non-negative float32 score plus one, which order as the scores do. Ties are broken by
 * position, in the order that rows and columns are visited.
 */
final class Ranking {
  private static final int[] DIGIT_BITS = {10, 11, 10};

  /** A source of keys, which must give the same keys at each visit. */
  interface Keys {
    /** Writes the keys of a row to the start of {@code keys}. */
    void read(int row, int[] keys);
  }

  /** Consecutive bits of a key, and their distance from its lowest bit. */
  private record Digit(int shift, int bits) {}

  private final String layer;
  private final long[] histogram = new long[1 << 11];
  private int threshold;
  private long ties;

  Ranking(String layer) {
    this.layer = layer;
  }

  /**
   * The key of one weight.
   *
   * @throws InvalidDataException if the weight or its score is NaN or infinite
   */
  int key(float weight, float score) {
    if (weight == 0) {
      return 0;
    }
    if (!(score <= Float.MAX_VALUE)) {
      throw new InvalidDataException(
          "A weight of %s is NaN or infinite (%s, pruning score %s), so the layer cannot be pruned;"
                  .formatted(layer, weight, score)
              + " check the checkpoint");
    }
    return Float.floatToRawIntBits(score) + 1;
  }

  /**
   * Selects the lowest {@code count} of the keys in rows {@code [0, rows)}, {@code columns} each.
   */
  void select(int rows, int columns, int[] buffer, long count, Keys keys) {
    threshold = 0;
    ties = 0;
    if (count == 0) {
      return;
    }
    int prefix = 0;
    long remaining = count;
    int shift = 31;
    for (int bits : DIGIT_BITS) {
      shift -= bits;
      Digit looked = new Digit(shift, bits);
      Arrays.fill(histogram, 0);
      for (int row = 0; row < rows; row++) {
        keys.read(row, buffer);
        count(buffer, columns, prefix, looked);
      }
      int digit = 0;
      while (histogram[digit] < remaining) {
        remaining -= histogram[digit++];
      }
      prefix = prefix << bits | digit;
    }
    threshold = prefix;
    ties = remaining;
  }

  private void count(int[] buffer, int columns, int prefix, Digit digit) {
    int prefixShift = digit.shift() + digit.bits();
    int mask = (1 << digit.bits()) - 1;
    for (int column = 0; column < columns; column++) {
      int key = buffer[column];
      // Shifting an int by 31 leaves 0 for every key: at the first digit all of them count.
      if (key >>> prefixShift == prefix) {
        histogram[key >>> digit.shift() & mask]++;
      }
    }
  }

  /**
   * Whether the weight of this key is pruned. To be called once for every weight, in the order of
   * {@link #select}.
   */
  boolean takes(int key) {
    if (key < threshold || key == 0) {
      return true;
    }
    if (key == threshold && ties > 0) {
      ties--;
      return true;
    }
    return false;
  }

  /** Zeroes the pruned ones of a row's weights, by {@link #takes}. */
  void zero(int[] keys, float[] weights) {
    for (int column = 0; column < weights.length; column++) {
      if (takes(keys[column])) {
        weights[column] = 0;
      }
    }
  }
}
