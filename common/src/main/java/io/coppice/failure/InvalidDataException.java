package io.coppice.failure;

/**
 * Input data is broken or not supported: a truncated shard, NaN weights, an unknown architecture.
 * The message is one sentence that names the file or tensor, what was expected and what to do; the
 * program prints it without a stack trace and ends with exit code 3.
 */
public final class InvalidDataException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public InvalidDataException(String message) {
    super(message);
  }

  public InvalidDataException(String message, Throwable cause) {
    super(message, cause);
  }
}
