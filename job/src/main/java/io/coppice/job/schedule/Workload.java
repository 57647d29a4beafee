package io.coppice.job.schedule;

/**
 * The training that a level asks of a schedule.
 *
 * @param blocks L, the number of blocks of the model
 * @param spanLength number of consecutive blocks that are trained jointly, at least 1
 * @param epochs passes of a block over the training windows; 0 where blocks are pruned and nothing
 *     is trained
 * @param sparseInputs inputs of spans where the sparse chain is known: {@link InputChain#SPARSE} or
 *     {@link InputChain#MIXED}
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
