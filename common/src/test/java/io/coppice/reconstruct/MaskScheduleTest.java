package io.coppice.reconstruct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MaskScheduleTest {
  private static final MaskSchedule USUAL = new MaskSchedule(0.3, 8, 0.8);

  /** From 0.3 to 0.5 in 32 steps: 0.5 − 0.2 · (1 − t/32)³. */
  @ParameterizedTest
  @CsvSource({"0, 0.3", "8, 0.415625", "16, 0.475", "24, 0.496875", "32, 0.5", "33, 0.5"})
  void theSparsityRisesByACube(long step, double expected) {
    assertThat(USUAL.sparsity(0.5, step, 32)).isCloseTo(expected, within(1e-15));
  }

  @Test
  void itNeverExceedsItsTarget() {
    for (int step = 0; step < 40; step++) {
      assertThat(USUAL.sparsity(0.2, step, 32)).isEqualTo(0.2);
    }
  }

  @Test
  void masksShrinkAtIntervalsAndAtTheEnd() {
    assertThat(USUAL.lastStep(25)).isEqualTo(20);
    assertThat(times(USUAL, 25)).containsExactly(0L, 8L, 16L, 20L);
    assertThat(times(new MaskSchedule(0.3, 100, 0.8), 25)).containsExactly(0L, 20L);
  }

  @Test
  void anEndAtOnceIsPruningAtOnce() {
    MaskSchedule schedule = new MaskSchedule(0.3, 8, 0);
    assertThat(times(schedule, 25)).containsExactly(0L);
    assertThat(schedule.sparsity(0.5, 0, 0)).isEqualTo(0.5);
    assertThat(USUAL.lastStep(1)).isZero();
  }

  /** In binary, 0.29 · 100 is less than 29. */
  @Test
  void theEndIsOfTheDecimalThatTheUserWrote() {
    assertThat(new MaskSchedule(0.3, 8, 0.29).lastStep(100)).isEqualTo(29);
  }

  private static List<Long> times(MaskSchedule schedule, long steps) {
    long last = schedule.lastStep(steps);
    return LongStream.range(0, steps)
        .filter(step -> schedule.shrinksBefore(step, last))
        .boxed()
        .toList();
  }
}
