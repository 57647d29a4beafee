package io.coppice.text;

import java.util.Arrays;

/**
 * A run of tokens of one document, with its place in the order in which text is used.
 *
 * @param round its number among its document's excerpts; all first ones are used before any second
 * @param documentKey 32 bytes, from the seed and the document's text: the place within a round
 * @param tokens its token ids
 */
@SuppressWarnings("ArrayRecordComponent") // compared by place alone
record Excerpt(int round, byte[] documentKey, int[] tokens) implements Comparable<Excerpt> {

  @Override
  public int compareTo(Excerpt other) {
    int order = Integer.compare(round, other.round);
    return order != 0 ? order : Arrays.compareUnsigned(documentKey, other.documentKey);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Excerpt excerpt && compareTo(excerpt) == 0;
  }

  @Override
  public int hashCode() {
    return 31 * round + Arrays.hashCode(documentKey);
  }
}
