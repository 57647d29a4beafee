package io.coppice.model;

/** The place where a checkpoint keeps the output head, which may be the token embedding. */
public enum HeadStorage {
  /** The head is a tensor of its own. */
  OWN,
  /** The head is the embedding, which is stored under the embedding's name. */
  TIED,
  /**
   * The head is the embedding, which is stored under the head's name alone, as libraries do that
   * write a shared tensor only under the alphabetically first of its names.
   */
  TIED_UNDER_HEAD_NAME;

  /** The head's name in the checkpoint, the same for all families. */
  public static final String HEAD_NAME = "lm_head.weight";

  static HeadStorage of(boolean tied) {
    return tied ? TIED : OWN;
  }

  /** The tensor to read the embedding from. */
  String embeddingName(String embedding) {
    return this == TIED_UNDER_HEAD_NAME ? HEAD_NAME : embedding;
  }

  /** The tensor to read the head from. */
  String headName(String embedding) {
    return this == TIED ? embedding : HEAD_NAME;
  }
}
