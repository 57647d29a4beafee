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
   * @throws UsageException if the sparsity is below 0, 1 or more, or not a number
   */
  public Unstructured {
    if (!(sparsity >= 0 && sparsity < 1)) {
      throw new UsageException(
          "The sparsity must be at least 0 and below 1, such as 0.5 to prune half of the weights,"
              + " not "
              + sparsity);
    }
  }

  /**
   * The pattern that prunes exactly {@code pruned} of a layer's {@code size} weights.
   *
   * @param pruned at least 0 and less than {@code size}
   */
  public static Unstructured exactly(long pruned, long size) {
    // Half a weight more, so that rounding the quotient does not lose one.
    return new Unstructured((pruned + 0.5) / size);
  }

  /**
   * The number of the first {@code elements} weights of a layer that are pruned: ⌊elements ·
   * sparsity⌋ of the decimal that the user wrote; 100 · 0.29 is 29, not 28.999…. The k-th part of a
   * layer (a row, a block of columns) prunes the difference between its end and its start, so that
   * the parts add up to exactly this count for the layer, regardless of its shape.
   */
  @Override
  public long pruned(long elements) {
    return BigDecimal.valueOf(sparsity).multiply(BigDecimal.valueOf(elements)).longValue();
  }

  /** {@code unstructured}. */
  @Override
  public String toString() {
    return "unstructured";
  }
}
