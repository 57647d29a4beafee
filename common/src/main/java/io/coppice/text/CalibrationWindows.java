package io.coppice.text;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Stream;

/**
 * Token windows to calibrate on, and held-out ones from other text, to see whether the result
 * generalises.
 *
 * @param calibration N windows of T token ids of the given text, to prune and train on
 * @param selfGenerated S windows of T token ids that the dense model wrote, to train on only; S may
 *     be 0
 * @param heldOut M windows of T token ids of the given text, M may be 0
 */
@SuppressWarnings("ArrayRecordComponent") // equality is by content, below
public record CalibrationWindows(int[][] calibration, int[][] selfGenerated, int[][] heldOut) {

  /** Windows of the given text alone. */
  public CalibrationWindows(int[][] calibration, int[][] heldOut) {
    this(calibration, new int[0][], heldOut);
  }

  /** The same with windows that the dense model wrote. */
  public CalibrationWindows withSelfGenerated(int[][] windows) {
    return new CalibrationWindows(calibration, windows, heldOut);
  }

  /** N + S, the windows to train on. */
  public int training() {
    return calibration.length + selfGenerated.length;
  }

  /** T, the tokens of each window. */
  public int sequenceLength() {
    return calibration[0].length;
  }

  /**
   * All windows in one array: those of the given text to calibrate on, those that the model wrote,
   * those held out; (N + S + M) × T.
   */
  public int[][] all() {
    return Stream.of(calibration, selfGenerated, heldOut).flatMap(Stream::of).toArray(int[][]::new);
  }

  /** SHA-256 in hexadecimal of the counts and of every token id, in order. */
  public String fingerprint() {
    MessageDigest digest = Sha256.digest();
    update(digest, calibration);
    if (selfGenerated.length > 0) {
      update(digest, selfGenerated);
    }
    update(digest, heldOut);
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void update(MessageDigest digest, int[][] windows) {
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, windows.length));
    for (int[] window : windows) {
      ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * (window.length + 1));
      bytes.putInt(window.length).asIntBuffer().put(window);
      digest.update(bytes.rewind());
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CalibrationWindows windows
        && Arrays.deepEquals(calibration, windows.calibration)
        && Arrays.deepEquals(selfGenerated, windows.selfGenerated)
        && Arrays.deepEquals(heldOut, windows.heldOut);
  }

  @Override
  public int hashCode() {
    return Arrays.deepHashCode(new int[][][] {calibration, selfGenerated, heldOut});
  }

  @Override
  public String toString() {
    return "CalibrationWindows[%d + %d + %d windows, %s]"
        .formatted(calibration.length, selfGenerated.length, heldOut.length, fingerprint());
  }
}
