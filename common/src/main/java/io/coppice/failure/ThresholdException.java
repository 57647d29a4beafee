package io.coppice.failure;

/**
 * All went well, and what was measured is worse than the user said it may be. The message is one
 * sentence; the program prints it after its result and ends with exit code 4.
 */
public final class ThresholdException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ThresholdException(String message) {
    super(message);
  }
}
