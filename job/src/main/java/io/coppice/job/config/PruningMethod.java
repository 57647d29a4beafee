package io.coppice.job.config;

/** Which pruner chooses the mask. */
public enum PruningMethod {
  /** The smallest absolute weights of a layer go. */
  MAGNITUDE("magnitude"),
  /** Weights are ranked within their row by absolute value times the norm of their input. */
  WANDA("wanda"),
  /** Optimal brain surgeon on the layer's Hessian; the weights that stay are updated. */
  SPARSEGPT("sparsegpt");

  private final String word;

  PruningMethod(String word) {
    this.word = word;
  }

  /** The word of the command line. */
  @Override
  public String toString() {
    return word;
  }
}
