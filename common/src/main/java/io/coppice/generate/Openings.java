package io.coppice.generate;

import java.util.List;

/** Ways to begin texts. All openings of a group have the same number of tokens. */
public sealed interface Openings {

  /**
   * The paper's way: a random ordinary token and four more by greedy choice; discarded and drawn
   * again until the language is the wanted one.
   */
  record ByChance(LanguageCheck language, Decoding decoding) implements Openings {}

  /**
   * Given tokens, such as the beginnings of real texts.
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
