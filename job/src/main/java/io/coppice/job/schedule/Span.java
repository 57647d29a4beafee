package io.coppice.job.schedule;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Consecutive blocks that are trained jointly: {@code [first, end)}.
 *
 * @param first the first block, from 0
 * @param end the block after the last one
 */
public record Span(int first, int end) implements Serializable {
  public Span {
    if (first < 0 || end <= first) {
      throw new IllegalArgumentException("There are no blocks in [%d, %d)".formatted(first, end));
    }
  }

  /**
   * Divides all blocks of a model into spans.
   *
   * @param blocks L, the number of blocks of the model
   * @param length blocks of a span; the last span may have fewer
   * @param lead blocks of the first span if it is to be shorter, else 0
   */
  static List<Span> divide(int blocks, int length, int lead) {
    List<Span> spans = new ArrayList<>();
    int end = lead == 0 ? length : lead;
    for (int first = 0; first < blocks; first = end, end += length) {
      spans.add(new Span(first, Math.min(end, blocks)));
    }
    return spans;
  }

  /** Number of its blocks, at least 1. */
  public int length() {
    return end - first;
  }

  public boolean contains(int block) {
    return first <= block && block < end;
  }

  /** Its blocks, in the model's order. */
  public IntStream blocks() {
    return IntStream.range(first, end);
  }

  @Override
  public String toString() {
    return "[%d, %d)".formatted(first, end);
  }
}
