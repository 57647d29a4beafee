package io.coppice.reconstruct;

import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * Counts by a share, of the decimal that the user wrote: as binary fractions, .07 · 100 is a little
 * more than 7, and 1 ÷ (1 − .9) a little more than 10, which rounded up is one too many.
 */
public final class DecimalShare {
  private DecimalShare() {}

  /**
   * ⌈share · count⌉.
   *
   * @param share at least 0 and at most 1
   */
  public static int of(double share, int count) {
    return BigDecimal.valueOf(share)
        .multiply(BigDecimal.valueOf(count))
        .setScale(0, RoundingMode.CEILING)
        .intValueExact();
  }

  /**
   * ⌈kept ÷ (1 − dropped)⌉, the number of which that many are left when a share is dropped; at most
   * {@link Integer#MAX_VALUE}.
   *
   * @param dropped at least 0 and less than 1
   */
  public static int before(double dropped, int kept) {
    return BigDecimal.valueOf(kept)
        .divide(BigDecimal.ONE.subtract(BigDecimal.valueOf(dropped)), 0, RoundingMode.CEILING)
        .min(BigDecimal.valueOf(Integer.MAX_VALUE))
        .intValueExact();
  }
}
