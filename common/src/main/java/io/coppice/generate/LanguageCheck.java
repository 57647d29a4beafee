package io.coppice.generate;

/** A check that the beginning of a text is in the wanted language. */
@FunctionalInterface
public interface LanguageCheck {
  /** A check that every text passes. */
  LanguageCheck ANY = text -> true;

  /**
   * @param text may be short, empty, or not text at all
   */
  boolean accepts(String text);
}
