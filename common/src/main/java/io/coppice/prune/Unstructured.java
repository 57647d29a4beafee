package io.coppice.prune;

import io.coppice.failure.UsageException;
import java.math.BigDecimal;

/**
 * Any weights may be pruned; a layer of {@code n} weights prunes ⌊n · sparsity⌋ of them.
 *
 * @param sparsity the share of weights that is pruned, at least 0 and below 1
 */
public record Unstructured(double sparsity) implements SparsityPattern {

  /**
   * @throws UsageException if the sparsity is below 0, 1 or more, or no number
   */
  public Unstructured {
    if (!(sparsity >= 0 && sparsity < 1)) {
      throw new UsageException(
          "The sparsity must be at least 0 and below 1, such as 0.5 to prune half of the weights,"
              + " not "
              + sparsity);
    }
  }

  /** ⌊elements · sparsity⌋ of the decimal that the user wrote: 100 · 0.29 is 29, not 28.999…. */
  @Override
  public long pruned(long elements) {
    return BigDecimal.valueOf(sparsity).multiply(BigDecimal.valueOf(elements)).longValue();
  }
}
