package io.coppice.text;

import io.coppice.failure.UsageException;
import java.io.Serializable;

/**
 * A request for windows.
 *
 * @param counts the numbers of windows
 * @param sequenceLength T, the tokens of each window
 * @param seed chooses documents and offsets
 * @param cut the way to cut windows from documents
 */
public record WindowRequest(Counts counts, int sequenceLength, long seed, Cut cut)
    implements Serializable {
  /** The most tokens of all windows, so that they fit a Java array of bytes. */
  private static final long LARGEST_TOKENS = 1L << 28;

  /**
   * Numbers of windows.
   *
   * @param samples N, the windows to calibrate on
   * @param heldOut M, the windows to watch generalisation on, in addition to {@code samples}
   * @param heldOutAtLeast the number of them that suffices where the text does not yield all, at
   *     most {@code heldOut}
   */
  public record Counts(int samples, int heldOut, int heldOutAtLeast) implements Serializable {}

  /** Ways to cut windows from documents. */
  public enum Cut {
    /** One from each document that is longer, anywhere in it. */
    ANYWHERE,
    /** From documents joined into one stream. */
    PACKED,
    /** The beginning of each document that is longer. */
    BEGINNING
  }

  public WindowRequest {
    int samples = counts.samples();
    int heldOut = counts.heldOut();
    int heldOutAtLeast = counts.heldOutAtLeast();
    require(samples >= 1, "--samples must be at least 1, not " + samples + ".");
    require(heldOutAtLeast >= 0, "The number of held-out windows must not be negative.");
    require(heldOutAtLeast <= heldOut, "No more held-out windows can be needed than are wanted.");
    require(
        sequenceLength >= 2, "--sequence-length must be at least 2, not " + sequenceLength + ".");
    require(
        ((long) samples + heldOut) * sequenceLength <= LARGEST_TOKENS,
        (samples + heldOut)
            + " windows of "
            + sequenceLength
            + " tokens are more than 2^28 tokens: lower --samples or --sequence-length.");
  }

  /** Windows to calibrate on and held-out ones, all of which are needed. */
  public WindowRequest(int samples, int heldOut, int sequenceLength, long seed, Cut cut) {
    this(new Counts(samples, heldOut, heldOut), sequenceLength, seed, cut);
  }

  /** The same request, for which fewer held-out windows suffice. */
  public WindowRequest withHeldOutAtLeast(int fewest) {
    return new WindowRequest(new Counts(samples(), heldOut(), fewest), sequenceLength, seed, cut);
  }

  /** A request for the beginnings of documents, each of a different one. */
  public static WindowRequest beginnings(int count, int tokens, long seed) {
    return new WindowRequest(count, 0, tokens, seed, Cut.BEGINNING);
  }

  /** N, the windows to calibrate on. */
  public int samples() {
    return counts.samples();
  }

  /** M, the windows to watch generalisation on. */
  public int heldOut() {
    return counts.heldOut();
  }

  /** The number of held-out windows that suffices where the text does not yield all. */
  public int heldOutAtLeast() {
    return counts.heldOutAtLeast();
  }

  /** Whether documents are joined into one stream. */
  public boolean pack() {
    return cut == Cut.PACKED;
  }

  /** All windows, N + M. */
  public int windows() {
    return samples() + heldOut();
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new UsageException(message);
    }
  }
}
