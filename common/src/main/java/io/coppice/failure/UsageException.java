package io.coppice.failure;

/**
 * The user asked for something impossible: a wrong option, a missing path, an output that exists.
 * The message is one sentence that says what, where, what was expected and what to do; the program
 * prints it without a stack trace and ends with exit code 2.
 */
public final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UsageException(String message) {
    super(message);
  }

  public UsageException(String message, Throwable cause) {
    super(message, cause);
  }
}
