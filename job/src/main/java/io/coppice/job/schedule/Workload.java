package io.coppice.job.schedule;

/**
 * What a level asks of a schedule.
 *
 * @param blocks L, the model's
 * @param spanLength how many consecutive blocks are trained jointly, at least 1
 * @param epochs passes over the training windows that a block is to get; 0 where blocks are pruned
 *     and nothing is trained
 * @param sparseInputs what spans are trained on where the sparse chain is known: {@link
 *     InputChain#SPARSE} or {@link InputChain#MIXED}
 */
public record Workload(int blocks, int spanLength, int epochs, InputChain sparseInputs) {
  public Workload {
    if (blocks < 1 || spanLength < 1 || epochs < 0 || sparseInputs == InputChain.DENSE) {
      throw new IllegalArgumentException(
          "%d blocks in spans of %d for %d epochs on %s inputs"
              .formatted(blocks, spanLength, epochs, sparseInputs));
    }
  }

  public boolean trains() {
    return epochs > 0;
  }
}
