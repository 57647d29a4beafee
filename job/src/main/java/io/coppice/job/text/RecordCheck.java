package io.coppice.job.text;

import java.io.Serializable;

/** Looks at a document where it is read, so that what is wrong is said with its place. */
@FunctionalInterface
public interface RecordCheck extends Serializable {
  /** Takes any document. */
  RecordCheck NONE = document -> {};

  /**
   * @throws io.coppice.failure.InvalidDataException if the document is not what is wanted, saying
   *     what is wrong, but not where it is
   */
  void accept(String document);
}
