package io.coppice.job.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The lists that schedules make. */
class SchedulesTest {
  private static final int SINGLE_BLOCKS = 1;
  private static final int PAIRS = 2;

  @Test
  void sequentialTakesOneBlockAfterTheOther() {
    assertThat(new Sequential().rounds(workload(3, SINGLE_BLOCKS, 10)).list())
        .containsExactly(
            new Round(List.of(new Span(0, 1)), 10, InputChain.SPARSE, 1),
            new Round(List.of(new Span(1, 2)), 10, InputChain.SPARSE, 2),
            new Round(List.of(new Span(2, 3)), 10, InputChain.SPARSE, 3));
  }

  @Test
  void sequentialPairsAreThePapersRoundsFromMinusOneToTheLast() {
    assertThat(new Sequential().rounds(workload(3, PAIRS, 10)).list())
        .containsExactly(
            new Round(List.of(new Span(0, 1)), 10, InputChain.SPARSE, 0),
            new Round(List.of(new Span(0, 2)), 10, InputChain.SPARSE, 1),
            new Round(List.of(new Span(1, 3)), 10, InputChain.SPARSE, 2),
            new Round(List.of(new Span(2, 3)), 10, InputChain.SPARSE, 3));
  }

  @Test
  void parallelIsOneWaveOnTheDenseChain() {
    assertThat(new Parallel().rounds(workload(3, SINGLE_BLOCKS, 10)).list())
        .containsExactly(
            new Round(
                List.of(new Span(0, 1), new Span(1, 2), new Span(2, 3)), 10, InputChain.DENSE, 3));
    assertThat(new Parallel().rounds(workload(5, PAIRS, 10)).list())
        .containsExactly(
            new Round(
                List.of(new Span(0, 2), new Span(2, 4), new Span(4, 5)), 10, InputChain.DENSE, 5));
  }

  @Test
  void wavesGoOnFromTheSparseChainOfTheWaveBefore() {
    List<Span> blocks = List.of(new Span(0, 1), new Span(1, 2));
    assertThat(new Waves(3).rounds(workload(2, SINGLE_BLOCKS, 10)).list())
        .containsExactly(
            new Round(blocks, 3, InputChain.DENSE, 0),
            new Round(blocks, 3, InputChain.SPARSE, 0),
            new Round(blocks, 4, InputChain.SPARSE, 2));
  }

  @Test
  void wavesPairEveryBlockWithEachOfItsNeighbours() {
    List<Span> even = List.of(new Span(0, 2), new Span(2, 4), new Span(4, 5));
    List<Span> odd = List.of(new Span(0, 1), new Span(1, 3), new Span(3, 5));
    assertThat(new Waves(3).rounds(workload(5, PAIRS, 10)).list())
        .containsExactly(
            new Round(even, 3, InputChain.DENSE, 0),
            new Round(odd, 3, InputChain.SPARSE, 0),
            new Round(even, 4, InputChain.SPARSE, 5));
  }

  @ParameterizedTest
  @CsvSource({"10, 3, '3, 3, 4'", "3, 3, '1, 1, 1'", "11, 4, '2, 3, 3, 3'", "5, 1, '5'"})
  void epochsSpreadOverWaves(int epochs, int waves, String expected) {
    assertThat(
            new Waves(waves)
                .rounds(workload(4, SINGLE_BLOCKS, epochs)).list().stream()
                    .map(Round::epochs)
                    .toList())
        .hasToString("[" + expected + "]");
  }

  @Test
  void whereNothingIsTrainedThereIsOneWaveOrOneRoundForEachBlock() {
    assertThat(new Waves(3).rounds(workload(2, SINGLE_BLOCKS, 0)).list())
        .containsExactly(
            new Round(List.of(new Span(0, 1), new Span(1, 2)), 0, InputChain.DENSE, 2));
    assertThat(new Sequential().rounds(workload(2, SINGLE_BLOCKS, 0)).list())
        .containsExactly(
            new Round(List.of(new Span(0, 1)), 0, InputChain.SPARSE, 1),
            new Round(List.of(new Span(1, 2)), 0, InputChain.SPARSE, 2));
  }

  @Test
  void mixedInputsAreForWhereTheSparseChainIsKnown() {
    Workload mixed = new Workload(2, SINGLE_BLOCKS, 4, InputChain.MIXED);
    assertThat(new Waves(2).rounds(mixed).list())
        .extracting(Round::inputs)
        .containsExactly(InputChain.DENSE, InputChain.MIXED);
    assertThat(new Sequential().rounds(mixed).list())
        .extracting(Round::inputs)
        .containsExactly(InputChain.MIXED, InputChain.MIXED);
    assertThat(new Parallel().rounds(mixed).mixInputs()).isFalse();
  }

  /** Rounds check themselves, so that it is enough to make them. */
  @ParameterizedTest
  @MethodSource("schedules")
  void anyNumberOfBlocksInSpansOfAnyLengthWillDo(Schedule schedule) {
    for (int blocks = 1; blocks < 9; blocks++) {
      for (int length = 1; length < 4; length++) {
        Rounds rounds = schedule.rounds(workload(blocks, length, 6));
        int last = rounds.list().size() - 1;
        assertThat(
                IntStream.range(0, blocks)
                    .map(block -> rounds.turn(last, block))
                    .distinct()
                    .boxed())
            .containsExactly(rounds.timesEachBlock());
        assertThat(rounds.blockEpochs()).isPositive().isEqualTo(epochs(rounds));
      }
    }
  }

  private static Stream<Schedule> schedules() {
    return Stream.of(new Sequential(), new Parallel(), new Waves(2), new Waves(5));
  }

  private static int epochs(Rounds rounds) {
    return rounds.list().stream()
        .flatMap(round -> round.spans().stream().map(span -> span.length() * round.epochs()))
        .mapToInt(Integer::intValue)
        .sum();
  }

  private static Workload workload(int blocks, int spanLength, int epochs) {
    return new Workload(blocks, spanLength, epochs, InputChain.SPARSE);
  }
}
