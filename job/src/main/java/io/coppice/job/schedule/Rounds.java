package io.coppice.job.schedule;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * The rounds that a model goes through at one level, in order.
 *
 * <p>A list is checked when it is made, so that the loop that runs it need not be careful. Every
 * round begins at the first block that is not final yet; every block is trained equally often, so
 * that at the end all are in one folder; after the last round all are final.
 *
 * @param blocks L, the number of blocks of the model
 * @param list the rounds, at least one
 */
public record Rounds(int blocks, List<Round> list) {
  public Rounds {
    list = List.copyOf(list);
    int begin = 0;
    int known = 0;
    for (Round round : list) {
      int last = round.spans().get(round.spans().size() - 1).first();
      require(round.extent().first() == begin, round + " begins late or early", list);
      require(round.extent().end() <= blocks, round + " ends after the last block", list);
      require(
          !round.readsSparseChain() || last <= known,
          round + " reads what is not known of the sparse chain",
          list);
      begin = round.finalBlocks();
      known = round.extent().end();
    }
    require(begin == blocks, begin + " of " + blocks + " blocks become final", list);
    require(isEven(list, blocks), "some blocks are trained more often than others", list);
  }

  private static void require(boolean holds, String otherwise, List<Round> list) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise + " in " + list);
    }
  }

  private static boolean isEven(List<Round> list, int blocks) {
    return IntStream.range(0, blocks).mapToLong(block -> times(list, block)).distinct().count()
        == 1;
  }

  private static long times(List<Round> rounds, int block) {
    return rounds.stream().filter(round -> round.extent().contains(block)).count();
  }

  /** Whether every round is a wave, that is, trains all blocks. */
  public boolean areWaves() {
    return list.stream().allMatch(round -> round.extent().length() == blocks);
  }

  /** Number of rounds that every block takes part in, at least 1. */
  public int timesEachBlock() {
    return (int) times(list, 0);
  }

  /**
   * The number of a block's turn, from 1: the rounds that have trained it when a round is over.
   *
   * @param round index of the round in the list
   */
  public int turn(int round, int block) {
    return (int) times(list.subList(0, round + 1), block);
  }

  /** Number of blocks times epochs, all rounds together. */
  public int blockEpochs() {
    return list.stream().mapToInt(round -> round.extent().length() * round.epochs()).sum();
  }

  /**
   * Whether every block is first trained, and hence pruned, on the dense chain. Then the pruned
   * weights do not depend on the level, and several levels can share them.
   */
  public boolean pruneOnDenseChain() {
    return IntStream.range(0, blocks)
        .allMatch(
            block ->
                list.stream()
                    .filter(round -> round.extent().contains(block))
                    .findFirst()
                    .filter(round -> !round.readsSparseChain())
                    .isPresent());
  }

  /** The most spans that are trained at once. */
  public int spansAtOnce() {
    return list.stream().mapToInt(round -> round.spans().size()).max().orElseThrow();
  }

  /** The most blocks that are trained jointly. */
  public int longestSpan() {
    return list.stream()
        .flatMap(round -> round.spans().stream())
        .mapToInt(Span::length)
        .max()
        .orElseThrow();
  }

  /** The most blocks that are trained jointly with the last one. */
  public int longestLastSpan() {
    return list.stream()
        .flatMap(round -> round.spans().stream())
        .filter(span -> span.end() == blocks)
        .mapToInt(Span::length)
        .max()
        .orElseThrow();
  }

  /** Whether some span is trained on mixed inputs. */
  public boolean mixInputs() {
    return list.stream().anyMatch(round -> round.trains() && round.inputs() == InputChain.MIXED);
  }

  /**
   * The boundaries of the sparse chain that the next round reads: as inputs of its spans, and to
   * compute the chain again from. Boundary 0, which both chains have in common, is left out.
   *
   * @param round the index in the list of the round that is over; nothing is read after the last
   */
  public Set<Integer> boundariesReadAfter(int round) {
    Set<Integer> read = new TreeSet<>();
    if (round + 1 < list.size()) {
      Round next = list.get(round + 1);
      read.add(next.extent().first());
      if (next.readsSparseChain()) {
        next.spans().forEach(span -> read.add(span.first()));
      }
      read.remove(0);
    }
    return read;
  }
}
