package io.coppice.evaluate;

import java.io.Serializable;
import java.util.Arrays;

/**
 * Continuations of one context, which is computed once for all of them.
 *
 * @param context at least one token
 * @param continuations each at least one token
 * @param requests the numbers of the requests that these are
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record SharedContext(int[] context, int[][] continuations, int[] requests)
    implements Serializable {

  /** Rows that a model computes: a continuation's last token is predicted only. */
  int rows() {
    return context.length + Arrays.stream(continuations).mapToInt(c -> c.length - 1).sum();
  }
}
