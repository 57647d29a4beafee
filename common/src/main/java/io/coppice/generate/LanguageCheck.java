package io.coppice.generate;

/** Whether the beginning of a text is in the language that is wanted. */
@FunctionalInterface
public interface LanguageCheck {
  /** A check that everything passes. */
  LanguageCheck ANY = text -> true;

  /**
   * @param text may be short, empty, or no text at all
   */
  boolean accepts(String text);
}
