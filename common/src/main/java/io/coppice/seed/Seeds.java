package io.coppice.seed;

import java.util.Random;

/** Seeds for independent random choices, derived from the run's one seed. */
public final class Seeds {
  private Seeds() {}

  /** A seed for one choice: the same for the same arguments, unrelated for others. */
  public static long mix(long seed, long... parts) {
    long state = scramble(seed);
    for (long part : parts) {
      state = scramble(state + 0x9E3779B97F4A7C15L + scramble(part));
    }
    return state;
  }

  /** A copy in random order (Fisher and Yates). */
  public static int[] shuffled(int[] items, Random random) {
    int[] order = items.clone();
    for (int i = order.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
    return order;
  }

  /** The finalizer of SplitMix64 (Steele, Lea, Flood 2014), a bijection that mixes all bits. */
  private static long scramble(long value) {
    long z = value;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
