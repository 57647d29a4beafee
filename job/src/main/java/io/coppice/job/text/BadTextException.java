package io.coppice.job.text;

/** Ends the reading of a part in which something is wrong. */
public final class BadTextException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient TextProblem problem;

  BadTextException(TextProblem problem, Throwable cause) {
    super(problem.reason(), cause);
    this.problem = problem;
  }

  /** The problem and its place. */
  public TextProblem problem() {
    return problem;
  }
}
