package io.coppice.text;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Token windows to calibrate on, and others, from other text, to see whether it generalises.
 *
 * @param calibration N windows of T token ids
 * @param heldOut M windows of T token ids, M may be 0
 */
@SuppressWarnings("ArrayRecordComponent") // equality is by content, below
public record CalibrationWindows(int[][] calibration, int[][] heldOut) {

  /** T, the tokens of each window. */
  public int sequenceLength() {
    return calibration[0].length;
  }

  /** All windows in one array, those to calibrate on first: (N + M) × T. */
  public int[][] all() {
    int[][] all = Arrays.copyOf(calibration, calibration.length + heldOut.length);
    System.arraycopy(heldOut, 0, all, calibration.length, heldOut.length);
    return all;
  }

  /** SHA-256 in hexadecimal of the counts and of every token id, in order. */
  public String fingerprint() {
    MessageDigest digest = Sha256.digest();
    for (int[][] windows : new int[][][] {calibration, heldOut}) {
      digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, windows.length));
      for (int[] window : windows) {
        ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * (window.length + 1));
        bytes.putInt(window.length).asIntBuffer().put(window);
        digest.update(bytes.rewind());
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CalibrationWindows windows
        && Arrays.deepEquals(calibration, windows.calibration)
        && Arrays.deepEquals(heldOut, windows.heldOut);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.deepHashCode(calibration) + Arrays.deepHashCode(heldOut);
  }

  @Override
  public String toString() {
    return "CalibrationWindows[%d + %d windows, %s]"
        .formatted(calibration.length, heldOut.length, fingerprint());
  }
}
