package io.coppice.failure;

/**
 * Everything succeeded, but the measured value is worse than the limit that the user set. The
 * message is one sentence; the program prints it after its result and ends with exit code 4.
 */
public final class ThresholdException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ThresholdException(String message) {
    super(message);
  }
}
