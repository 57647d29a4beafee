package io.coppice.prune;

import io.coppice.tensor.Blas;
import java.util.Locale;

/** The pruning methods by the names that users write. */
public enum PruningMethod {
  MAGNITUDE,
  WANDA,
  SPARSEGPT;

  /** The word that users write: {@code magnitude}, {@code wanda}, {@code sparsegpt}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** A pruner of this method with the settings of its paper. */
  public Pruner pruner(Blas blas) {
    return switch (this) {
      case MAGNITUDE -> new MagnitudePruner();
      case WANDA -> new WandaPruner();
      case SPARSEGPT -> SparseGptPruner.withDefaults(blas);
    };
  }
}
