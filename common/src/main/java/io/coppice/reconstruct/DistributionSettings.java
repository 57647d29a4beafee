package io.coppice.reconstruct;

import java.io.Serializable;
import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * The way in which a model's last block is trained towards the dense model's distributions of the
 * next token.
 *
 * @param errorWeight of the relative error ‖e‖² ÷ ‖X̄_L‖² beside the divergence in nats; at least 0
 * @param tokenShare the share of each window's tokens whose distributions are compared, more than 0
 *     and at most 1: evenly spaced, up to the last token
 */
public record DistributionSettings(double errorWeight, double tokenShare) implements Serializable {

  /**
   * The number of tokens of a window that are compared, at least 1: ⌈T · share⌉ of the decimal that
   * the user wrote; 100 · 0.07 is 7, not 7.000…01.
   */
  public int tokens(int sequenceLength) {
    return BigDecimal.valueOf(tokenShare)
        .multiply(BigDecimal.valueOf(sequenceLength))
        .setScale(0, RoundingMode.CEILING)
        .intValueExact();
  }

  /** Their positions in a window, ascending. */
  int[] positions(int sequenceLength) {
    int count = tokens(sequenceLength);
    int[] positions = new int[count];
    for (int i = 0; i < count; i++) {
      positions[i] = (int) ((i + 1L) * sequenceLength / count) - 1;
    }
    return positions;
  }
}
