package io.coppice.reconstruct;

import java.io.Serializable;
import java.util.stream.IntStream;

/**
 * Consecutive windows, by their numbers.
 *
 * @param first the first one
 * @param end the one after the last; {@code first} if there are none
 */
public record WindowSet(int first, int end) implements Serializable {

  /** Their number. */
  public int count() {
    return end - first;
  }

  /** The first of them, at most so many. */
  public WindowSet atMost(int most) {
    return new WindowSet(first, Math.min(end, first + most));
  }

  /** Their numbers, in order. */
  public int[] toArray() {
    return IntStream.range(first, end).toArray();
  }
}
