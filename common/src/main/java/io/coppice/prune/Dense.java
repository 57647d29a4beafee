package io.coppice.prune;

/**
 * The layer is not pruned. Weights that are zero already count as pruned and stay zero, as they do
 * in every layer.
 */
public record Dense() implements LayerPattern {

  /** {@code dense}. */
  @Override
  public String toString() {
    return "dense";
  }
}
