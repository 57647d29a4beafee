package io.coppice.generate;

import io.coppice.seed.Seeds;
import io.coppice.text.TokenRoles;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Fills windows of exactly T tokens with text that the model writes.
 *
 * <p>A text that the model ends early is followed by another one in the same window, as if the
 * tokenizer had encoded one after the other: each with its begin token where the tokenizer adds
 * one, and without the end token. The last one is cut.
 *
 * @param sequenceLength T; at most what the writer can hold
 */
public record WindowWriter(TextWriter writer, TokenRoles roles, int sequenceLength) {

  /**
   * Windows and the effort that they took.
   *
   * @param windows n × T token ids
   * @param documents the number of texts in them
   * @param rejected the number of openings that were discarded
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Filled(int[][] windows, int documents, int rejected) {}

  /**
   * Fills a group's windows.
   *
   * @param count n; slots beyond it stay idle
   * @param seed of the run
   * @param first number of the group's first window, on which, with the seed, its content depends
   */
  public Filled fill(Openings.ByChance openings, int slots, int count, long seed, int first) {
    int[][] windows = new int[count][sequenceLength];
    int[] filled = new int[count];
    int documents = 0;
    int rejected = 0;
    int[] limits = missing(filled, slots);
    for (int round = 0; IntStream.of(limits).anyMatch(limit -> limit > 0); round++) {
      int number = round;
      long[] seeds =
          IntStream.range(0, slots).mapToLong(i -> Seeds.mix(seed, first + i, number)).toArray();
      List<WrittenText> texts = writer.write(openings, seeds, limits);
      for (int i = 0; i < count; i++) {
        int[] tokens = texts.get(i).withoutEnd(roles);
        System.arraycopy(tokens, 0, windows[i], filled[i], tokens.length);
        filled[i] += tokens.length;
        documents += tokens.length > 0 ? 1 : 0;
        rejected += texts.get(i).rejected();
      }
      limits = missing(filled, slots);
    }
    return new Filled(windows, documents, rejected);
  }

  private int[] missing(int[] filled, int slots) {
    return IntStream.range(0, slots)
        .map(i -> i < filled.length ? sequenceLength - filled[i] : 0)
        .toArray();
  }
}
