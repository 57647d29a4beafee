package io.coppice.reconstruct;

/** Training made a block worse without bound. The message is a sentence that says what to do. */
public final class DivergedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  DivergedException(String message) {
    super(message);
  }

  DivergedException(String message, Throwable cause) {
    super(message, cause);
  }
}
