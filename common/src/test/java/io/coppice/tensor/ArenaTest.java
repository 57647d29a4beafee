package io.coppice.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class ArenaTest {

  @Test
  void aCountingArenaHasTheBytesOfARealOne() {
    try (Arena real = Arena.unbounded("test");
        Arena counting = Arena.counting("test")) {
      for (Arena arena : new Arena[] {real, counting}) {
        arena.tensor(3, 5);
        arena.vector(7);
        assertThat(arena.allocatedBytes()).isEqualTo(4 * (15 + 7));
      }
      assertThat(counting.tensor(3, 5).rows(1, 2).columns(2, 3))
          .extracting(Tensor::rows, Tensor::columns)
          .containsExactly(2, 3);
    }
  }

  @Test
  void noElementOfACountingArenaCanBeReachedAndTheProcessLives() {
    try (Arena real = Arena.unbounded("test");
        Arena counting = Arena.counting("test")) {
      Tensor nothing = counting.tensor(4, 4);
      Tensor part = nothing.rows(1, 2).columns(1, 3);
      Tensor something = real.tensor(4, 4);
      Map<String, ThrowingCallable> ways =
          Map.ofEntries(
              Map.entry("get", () -> nothing.get(3, 3)),
              Map.entry("set", () -> part.set(0, 0, 1)),
              Map.entry("read", () -> part.readRow(1, new float[3])),
              Map.entry("write", () -> nothing.writeRow(0, new float[4])),
              Map.entry("rows read", () -> nothing.readRows(0, 4, 0, 4, new float[16], 4)),
              Map.entry("rows written", () -> part.writeRows(0, 2, 0, 2, new float[4], 2)),
              Map.entry("zero", nothing::zero),
              Map.entry("zero of a part", part::zero),
              Map.entry("copy from", () -> something.copyFrom(nothing)),
              Map.entry("copy to", () -> nothing.copyFrom(something)),
              Map.entry("count", nothing::countZeros),
              Map.entry("scope", () -> counting.scope("part").tensor(1, 1).get(0, 0)),
              Map.entry(
                  "native product",
                  () -> BlasProvider.blas().multiply(1, something, something, 0, nothing)),
              Map.entry(
                  "Java product",
                  () -> BlasProvider.javaBlas().multiply(1, nothing, something, 0, something)));
      ways.forEach(
          (way, call) ->
              assertThatThrownBy(call)
                  .as(way)
                  .isInstanceOf(IllegalStateException.class)
                  .hasMessageContaining("an arena that only counts"));
    }
  }

  @Test
  void scopesGiveBackWhatTheyTookAndThePeakRemembersIt() {
    for (Arena arena : new Arena[] {Arena.unbounded("test"), Arena.counting("test")}) {
      try (arena) {
        arena.vector(10);
        try (Arena scope = arena.scope("first")) {
          scope.vector(30);
          assertThat(arena.allocatedBytes()).isEqualTo(160);
        }
        try (Arena scope = arena.scope("second");
            Arena inner = scope.scope("inner")) {
          scope.vector(5);
          inner.vector(5);
        }
        assertThat(arena.allocatedBytes()).isEqualTo(40);
        assertThat(arena.peak()).isEqualTo(160);
      }
    }
  }

  @Test
  void aScopeIsWithinTheBudgetOfItsArena() {
    try (Arena arena = new Arena("a test", 100);
        Arena scope = arena.scope("part of it")) {
      scope.vector(20);
      assertThatThrownBy(() -> scope.vector(6))
          .isInstanceOf(OutOfMemoryError.class)
          .hasMessage(
              "The memory for a test is limited to 100 bytes; 80 are in use and 24 more were asked"
                  + " for");
      assertThat(scope.allocatedBytes()).isEqualTo(80);
    }
  }

  @Test
  void whatIsMeasuredIsTheMostAtOneTime() {
    assertThat(
            Arena.measure(
                arena -> {
                  arena.vector(1);
                  try (Arena scope = arena.scope("a while")) {
                    scope.vector(2);
                  }
                  arena.vector(1);
                }))
        .isEqualTo(12);
  }

  @Test
  void aClosedArenaGivesNothing() {
    Arena arena = Arena.unbounded("test");
    arena.close();
    assertThatThrownBy(() -> arena.vector(1)).hasMessage("The arena for test is closed");
    assertThatThrownBy(() -> arena.scope("more")).hasMessage("The arena for test is closed");
  }
}
