package io.coppice.job.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Questions to a list of rounds, and lists that make no sense. */
class RoundsTest {
  private static final Rounds SEQUENTIAL = rounds(new Sequential(), 1);
  private static final Rounds SEQUENTIAL_PAIRS = rounds(new Sequential(), 2);
  private static final Rounds WAVES = rounds(new Waves(3), 1);
  private static final Rounds WAVES_OF_PAIRS = rounds(new Waves(3), 2);

  @Test
  void onlyRoundsOfAllBlocksAreWaves() {
    assertThat(WAVES.areWaves()).isTrue();
    assertThat(WAVES_OF_PAIRS.areWaves()).isTrue();
    assertThat(SEQUENTIAL.areWaves()).isFalse();
    assertThat(SEQUENTIAL_PAIRS.areWaves()).isFalse();
  }

  @Test
  void aBlocksTurnsAreCountedFromOne() {
    assertThat(SEQUENTIAL_PAIRS.timesEachBlock()).isEqualTo(2);
    assertThat(SEQUENTIAL_PAIRS.turn(0, 0)).isEqualTo(1);
    assertThat(SEQUENTIAL_PAIRS.turn(1, 0)).isEqualTo(2);
    assertThat(SEQUENTIAL_PAIRS.turn(1, 1)).isEqualTo(1);
    assertThat(SEQUENTIAL_PAIRS.turn(1, 2)).isZero();
    assertThat(SEQUENTIAL.timesEachBlock()).isEqualTo(1);
    assertThat(WAVES.turn(2, 4)).isEqualTo(3);
  }

  @Test
  void epochsOfAllBlocksAddUp() {
    assertThat(SEQUENTIAL.blockEpochs()).isEqualTo(5 * 10);
    assertThat(SEQUENTIAL_PAIRS.blockEpochs()).isEqualTo(5 * 2 * 10);
    assertThat(WAVES.blockEpochs()).isEqualTo(5 * 10);
    assertThat(WAVES_OF_PAIRS.blockEpochs()).isEqualTo(5 * 10);
  }

  @Test
  void memoryDependsOnTheLongestSpanAndTimeOnHowManyThereAreAtOnce() {
    assertThat(SEQUENTIAL_PAIRS.longestSpan()).isEqualTo(2);
    assertThat(SEQUENTIAL_PAIRS.spansAtOnce()).isEqualTo(1);
    assertThat(WAVES.longestSpan()).isEqualTo(1);
    assertThat(WAVES.spansAtOnce()).isEqualTo(5);
    assertThat(WAVES_OF_PAIRS.spansAtOnce()).isEqualTo(3);
    assertThat(rounds(new Parallel(), 2).spansAtOnce()).isEqualTo(3);
  }

  @Test
  void levelsCanSharePrunedBlocksWhereTheFirstRoundIsOnTheDenseChain() {
    assertThat(WAVES_OF_PAIRS.pruneOnDenseChain()).isTrue();
    assertThat(SEQUENTIAL.pruneOnDenseChain()).isFalse();
    assertThat(SEQUENTIAL_PAIRS.pruneOnDenseChain()).isFalse();
  }

  @Test
  void ofTheSparseChainOnlyWhatTheNextRoundReadsIsKept() {
    assertThat(SEQUENTIAL.boundariesReadAfter(0)).containsExactly(1);
    assertThat(SEQUENTIAL.boundariesReadAfter(3)).containsExactly(4);
    assertThat(SEQUENTIAL.boundariesReadAfter(4)).isEmpty();
    assertThat(SEQUENTIAL_PAIRS.boundariesReadAfter(0)).isEmpty();
    assertThat(SEQUENTIAL_PAIRS.boundariesReadAfter(1)).containsExactly(1);
    assertThat(WAVES.boundariesReadAfter(0)).containsExactly(1, 2, 3, 4);
    assertThat(WAVES.boundariesReadAfter(2)).isEmpty();
    assertThat(WAVES_OF_PAIRS.boundariesReadAfter(0)).containsExactly(1, 3);
    assertThat(WAVES_OF_PAIRS.boundariesReadAfter(1)).containsExactly(2, 4);
  }

  @Test
  void listsThatMakeNoSenseAreRefused() {
    assertRefused("begins late", 2, round(InputChain.DENSE, 2, new Span(1, 2)));
    assertRefused("after the last block", 1, round(InputChain.DENSE, 1, new Span(0, 2)));
    assertRefused("1 of 2 blocks become final", 2, round(InputChain.DENSE, 1, new Span(0, 2)));
    assertRefused("not known", 2, round(InputChain.SPARSE, 2, new Span(0, 1), new Span(1, 2)));
    assertRefused(
        "more often",
        2,
        round(InputChain.DENSE, 0, new Span(0, 1)),
        round(InputChain.SPARSE, 2, new Span(0, 2)));
    assertThatThrownBy(() -> round(InputChain.DENSE, 3, new Span(0, 1), new Span(2, 3)))
        .hasMessageContaining("do not follow each other");
    assertThatThrownBy(() -> new Span(3, 3)).hasMessage("There are no blocks in [3, 3)");
    assertThatThrownBy(() -> new Workload(3, 1, 1, InputChain.DENSE))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static void assertRefused(String why, int blocks, Round... list) {
    assertThatThrownBy(() -> new Rounds(blocks, List.of(list)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }

  private static Round round(InputChain inputs, int finalBlocks, Span... spans) {
    return new Round(List.of(spans), 1, inputs, finalBlocks);
  }

  private static Rounds rounds(Schedule schedule, int spanLength) {
    return schedule.rounds(new Workload(5, spanLength, 10, InputChain.SPARSE));
  }
}
