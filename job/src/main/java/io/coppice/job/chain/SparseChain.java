package io.coppice.job.chain;

import io.coppice.job.chain.ChainPass.Keep;
import io.coppice.job.chain.activations.BoundaryActivations;
import io.coppice.job.schedule.Span;
import io.coppice.model.BlockSource;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * The sparse chain as far as it is known: the activations at those boundaries that are still to be
 * read. Lives on the driver.
 */
public final class SparseChain {
  private final CalibratedModel calibrated;
  private final NavigableMap<Integer, BoundaryActivations> known = new TreeMap<>();

  /** A chain of which only the embedded tokens are known, where all chains begin. */
  public SparseChain(CalibratedModel calibrated) {
    this.calibrated = calibrated;
  }

  /** The activations at a boundary that is known: 0, or one that was kept. */
  public BoundaryActivations at(int boundary) {
    if (boundary == 0) {
      return calibrated.boundaries().get(0);
    }
    if (!known.containsKey(boundary)) {
      throw new IllegalStateException(
          "Boundary %d of the sparse chain is not known, but %s"
              .formatted(boundary, known.keySet()));
    }
    return known.get(boundary);
  }

  /**
   * Recomputes the chain across some blocks, and measures it against the dense chain.
   *
   * @param name under which activations are stored
   * @param across from the boundary before its first block, which is known, to that after its last
   * @param blocks as they are now
   * @param kept the boundaries that are to be known afterwards; all others are released
   * @return the errors after each of the blocks, in order
   */
  public List<ChainErrors> advance(
      String name, Span across, BlockSource blocks, Set<Integer> kept) {
    // Before the pass, so that the old chain and the new one are not stored at the same time.
    release(Set.of(across.first()));
    Passes.Stretch made =
        calibrated
            .passes()
            .run(
                blocks,
                new ChainPass.Way(
                    name,
                    across,
                    calibrated.passes().from(at(across.first())),
                    kept.isEmpty() ? Keep.NOTHING : Keep.OUTPUTS,
                    calibrated.boundaries().subList(across.first() + 1, across.end() + 1)));
    for (int i = 0; i < made.boundaries().size(); i++) {
      known.put(across.first() + 1 + i, made.boundaries().get(i));
    }
    release(kept);
    return made.errors();
  }

  private void release(Set<Integer> kept) {
    known.forEach(
        (boundary, activations) -> {
          if (!kept.contains(boundary)) {
            activations.release();
          }
        });
    known.keySet().retainAll(kept);
  }
}
