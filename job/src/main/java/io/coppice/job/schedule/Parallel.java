package io.coppice.job.schedule;

/**
 * All blocks at once, on the dense model's activations: a single wave, in which no block waits for
 * another. Pairs are (0, 1), (2, 3) and so on.
 */
public record Parallel() implements Schedule {

  @Override
  public Rounds rounds(Workload workload) {
    return new Waves(1).rounds(workload);
  }
}
