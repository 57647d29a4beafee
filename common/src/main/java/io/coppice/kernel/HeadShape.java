package io.coppice.kernel;

/**
 * The heads of an attention. Head h of the queries reads key-value head h · keyValueHeads / heads.
 *
 * @param heads of the queries
 * @param keyValueHeads a divisor of {@code heads}
 * @param headSize d, the width of one head
 * @param slidingWindow W, at least 1: how many keys a query sees, its own included; {@link
 *     CausalAttention#UNLIMITED} for all up to its own
 */
public record HeadShape(int heads, int keyValueHeads, int headSize, int slidingWindow) {
  public HeadShape {
    if (heads % keyValueHeads != 0) {
      throw new IllegalArgumentException(
          "%d heads cannot share %d key-value heads".formatted(heads, keyValueHeads));
    }
    if (slidingWindow < 1) {
      throw new IllegalArgumentException("A window of %d keys is none".formatted(slidingWindow));
    }
  }

  /** Heads that see all earlier keys. */
  public HeadShape(int heads, int keyValueHeads, int headSize) {
    this(heads, keyValueHeads, headSize, CausalAttention.UNLIMITED);
  }

  /** Columns of the queries and of what attention gives: heads · d. */
  public int queryWidth() {
    return heads * headSize;
  }

  /** Columns of the keys, and of the values: keyValueHeads · d. */
  public int keyWidth() {
    return keyValueHeads * headSize;
  }

  /** The number of query heads that read one key-value head. */
  public int group() {
    return heads / keyValueHeads;
  }
}
