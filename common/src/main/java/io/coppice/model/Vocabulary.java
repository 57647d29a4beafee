package io.coppice.model;

import java.io.Serializable;

/**
 * A model's tokens, and the tables that have a row for each of them.
 *
 * @param size number of token ids
 * @param width columns of embedding and head
 * @param beginToken the token that starts a document
 * @param head where the head is stored
 */
public record Vocabulary(int size, int width, int beginToken, HeadStorage head)
    implements Serializable {

  /** The same vocabulary with the head stored elsewhere. */
  Vocabulary withHead(HeadStorage storage) {
    return new Vocabulary(size, width, beginToken, storage);
  }
}
