package io.coppice.model;

import io.coppice.parallel.KernelPool;
import io.coppice.tensor.Arena;

/**
 * Where a norm computes and keeps its statistics.
 *
 * @param pool whose threads share the rows
 * @param maxRows of the largest input
 */
record NormMemory(KernelPool pool, Arena arena, int maxRows) {
  /** For a norm of so many rows in a block. */
  static NormMemory of(BlockWorkspace workspace, int maxRows) {
    return new NormMemory(workspace.blas().pool(), workspace.arena(), maxRows);
  }
}
