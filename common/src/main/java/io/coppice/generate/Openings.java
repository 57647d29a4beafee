package io.coppice.generate;

import java.util.List;

/** How texts begin. All openings of a group have the same number of tokens. */
public sealed interface Openings {

  /**
   * The paper's: a random ordinary token and four more by greedy choice; thrown away and drawn
   * again while the language is not the one that is wanted.
   */
  record ByChance(LanguageCheck language, Decoding decoding) implements Openings {}

  /**
   * Given tokens, as of the beginning of real texts.
   *
   * @param prefixes by slot of the group; all of one length, at least 1
   */
  record Given(List<int[]> prefixes) implements Openings {
    public Given {
      prefixes = List.copyOf(prefixes);
    }
  }

  /** Turns tokens into text. */
  @FunctionalInterface
  interface Decoding {
    String decode(int[] tokens);
  }
}
