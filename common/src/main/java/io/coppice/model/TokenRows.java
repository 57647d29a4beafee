package io.coppice.model;

import io.coppice.tensor.Tensor;

/**
 * Memory with a row for each token of the largest batch. The view of a smaller batch's rows is
 * created again only when the number of tokens changes.
 */
final class TokenRows {
  private final Tensor all;
  private Tensor current;

  TokenRows(Tensor all) {
    this.all = all;
    current = all;
  }

  /** Whether there are no rows, because none will be needed. */
  boolean isEmpty() {
    return all.rows() == 0;
  }

  /** The rows of the first {@code tokens} tokens. */
  Tensor first(int tokens) {
    if (current.rows() != tokens) {
      current = all.rows(0, tokens);
    }
    return current;
  }
}
