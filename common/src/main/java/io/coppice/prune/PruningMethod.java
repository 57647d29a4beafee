package io.coppice.prune;

import io.coppice.failure.UsageException;
import io.coppice.tensor.Blas;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The pruning methods by the names that users give. */
public enum PruningMethod {
  MAGNITUDE,
  WANDA,
  SPARSEGPT;

  /** The name that users give: {@code magnitude}, {@code wanda}, {@code sparsegpt}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The method of that name.
   *
   * @throws UsageException if there is none
   */
  public static PruningMethod named(String name) {
    return Arrays.stream(values())
        .filter(method -> method.label().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new UsageException(
                    "There is no pruning method '%s'; the methods are %s"
                        .formatted(
                            name,
                            Arrays.stream(values())
                                .map(PruningMethod::label)
                                .collect(Collectors.joining(", ")))));
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
