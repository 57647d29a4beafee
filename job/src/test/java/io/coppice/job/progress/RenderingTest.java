package io.coppice.job.progress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.coppice.job.progress.ProgressEvent.BlockEpoch;
import io.coppice.job.progress.ProgressEvent.BlockFinished;
import io.coppice.job.progress.ProgressEvent.BlockResumed;
import io.coppice.job.progress.ProgressEvent.BlockStarted;
import io.coppice.job.progress.ProgressEvent.RunPlanned;
import io.coppice.job.progress.ProgressEvent.StageFinished;
import io.coppice.job.progress.ProgressEvent.StageStarted;
import io.coppice.job.progress.ProgressEvent.TakenOver;
import io.coppice.job.progress.ProgressEvent.TextsWritten;
import io.coppice.job.progress.ProgressEvent.Waiting;
import io.coppice.reconstruct.EpochErrors;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

class RenderingTest {
  private final ByteArrayOutputStream terminal = new ByteArrayOutputStream();

  @Test
  void plainIsALinePerEvent() {
    Clock clock = Clock.fixed(Instant.parse("2026-01-02T03:04:05Z"), ZoneOffset.UTC);
    try (Progress progress = new PlainProgress(stream(), clock)) {
      progress.report(new StageStarted("dense pass"));
      progress.report(new StageFinished("dense pass", 75));
      progress.report(new BlockStarted(1, 3, 4));
      progress.report(new BlockEpoch(2, 3, new EpochErrors(2, 0.012345678, 0.0234), 0.44));
      progress.report(new BlockEpoch(1, 0, new EpochErrors(1, 0.5, Double.NaN), 12));
      progress.report(new TextsWritten(2, 5, new TextsWritten.Amount(8, 1024, 3), 12));
      progress.report(new BlockResumed(2, 3, 2));
      progress.report(new BlockFinished(2, 3, 412, 1.24));
      progress.report(new TakenOver(12, 32, "blocks of wave 1", 36));
      progress.report(new Waiting("another run may live"));
    }

    assertThat(text().lines())
        .containsExactly(
            "03:04:05 dense pass ...",
            "03:04:05 dense pass: done in 1 min 15 s",
            "03:04:05 wave 1, block 3: started, 4 epochs",
            "03:04:05 wave 2, block 3, epoch 2: error 0.01235, held out 0.02340, 0.4 s",
            "03:04:05 wave 1, block 0, epoch 1: error 0.5000, 12 s",
            "03:04:05 group 3 of 5: 8 texts of 1024 tokens written, 3 openings rejected, 12 s",
            "03:04:05 wave 2, block 3: goes on after epoch 2",
            "03:04:05 wave 2, block 3: done in 6 min 52 s, of which 1.2 s waiting for activations",
            "03:04:05 taken over: 12 of 32 blocks of wave 1",
            "03:04:05 waiting: another run may live");
  }

  @Test
  void whatNeedNotBeTrainedIsNotAhead() {
    ProgressState state = new ProgressState();
    state.accept(new RunPlanned(20));
    state.accept(new TakenOver(1, 2, "blocks of wave 1", 5));
    state.accept(new StageStarted("reconstruction, wave 1 of 2"));
    state.accept(new BlockStarted(1, 1, 5));
    state.accept(new BlockEpoch(1, 1, new EpochErrors(1, 0.5, 0.5), 2));
    // An attempt that was lost had done epoch 2 too, which nobody heard of.
    state.accept(new BlockResumed(1, 1, 2));
    state.accept(new BlockEpoch(1, 1, new EpochErrors(3, 0.5, 0.5), 2));

    assertThat(state.secondsLeft()).hasValue((20 - 5 - 3) * 2.0);
    assertThat(state.lines(1).get(0)).contains("8 of 20 block epochs");
  }

  @Test
  void aRunOfSeveralCommandsCountsEachAnew() {
    ProgressState state = new ProgressState();
    for (int command = 0; command < 2; command++) {
      state.accept(new RunPlanned(4));
      state.accept(new StageStarted("reconstruction"));
      state.accept(new BlockStarted(1, 0, 2));
      state.accept(new BlockEpoch(1, 0, new EpochErrors(1, 0.5, 0.5), 2));
      assertThat(state.done()).isEqualTo(1);
      assertThat(state.secondsLeft()).hasValue(6);
    }
  }

  @Test
  void anotherLevelsEpochsAreNotThisOnes() {
    ProgressState state = new ProgressState();
    state.accept(new RunPlanned(10));
    state.accept(new BlockStarted(1, 0, 5));
    state.accept(new BlockEpoch(1, 0, new EpochErrors(5, 0.5, 0.5), 2));
    state.accept(new BlockStarted(1, 0, 5));
    state.accept(new BlockResumed(1, 0, 2));
    assertThat(state.done()).isEqualTo(1 + 2);
  }

  @Test
  void statusTellsHowManyTextsAreWritten() {
    ProgressState state = new ProgressState();
    state.accept(new StageStarted("self-generated text"));
    state.accept(new TextsWritten(3, 5, new TextsWritten.Amount(8, 1024, 3), 12));
    state.accept(new TextsWritten(0, 5, new TextsWritten.Amount(8, 1024, 0), 12));
    assertThat(state.lines(2))
        .containsExactly("self-generated text (2.0 s)", "  2 of 5 groups of texts written");
    state.accept(new StageStarted("dense pass"));
    assertThat(state.lines(2)).containsExactly("dense pass (2.0 s)");
  }

  @Test
  void statusTellsStageBlocksErrorsAndTimeLeft() {
    ProgressState state = new ProgressState();
    state.accept(new RunPlanned(12));
    state.accept(new StageStarted("reconstruct, wave 1"));
    assertThat(state.lines(2)).containsExactly("reconstruct, wave 1 (2.0 s)");

    state.accept(new BlockStarted(1, 0, 2));
    state.accept(new BlockStarted(1, 1, 2));
    state.accept(new BlockEpoch(1, 0, new EpochErrors(0, 9, 9), 0));
    state.accept(new BlockEpoch(1, 0, new EpochErrors(1, 0.4, 0.6), 10));
    state.accept(new BlockEpoch(1, 1, new EpochErrors(1, 0.2, 0.4), 14));
    state.accept(new BlockEpoch(1, 0, new EpochErrors(2, 0.3, 0.5), 12));

    // Nine epochs of 12 s on average are ahead, two blocks at a time.
    assertThat(state.secondsLeft()).hasValueCloseTo(54.0, within(1e-9));
    assertThat(state.lines(36))
        .containsExactly(
            "reconstruct, wave 1 (36 s), 3 of 12 block epochs, about 54 s of training left",
            "  in flight: block 1 (1/2)",
            "  so far, over 2 blocks: error 0.2500, held out 0.4500");

    state.accept(new StageFinished("reconstruct, wave 1", 36));
    assertThat(state.lines(40)).isEmpty();
  }

  @Test
  void messagesStandAboveTheStatus() throws Exception {
    StatusStream status = new StatusStream(terminal);
    PrintStream messages = new PrintStream(status, true, StandardCharsets.UTF_8);

    status.show(List.of("one", "two"));
    messages.print("half");
    messages.println(" a line");
    status.show(List.of());

    String drawn = "\033[?7lone\ntwo\n\033[?7h";
    String erased = "\033[2A\r\033[J";
    assertThat(text()).isEqualTo(drawn + erased + "half a line\n" + drawn + erased);
  }

  @Test
  void liveLeavesOnlyWhatIsFinished() {
    long[] now = {0};
    LiveProgress progress = new LiveProgress(stream(), () -> now[0]);
    progress.report(new StageStarted("dense pass"));
    now[0] = 3_000_000_000L;
    progress.report(new BlockStarted(1, 7, 2));
    progress.report(new StageFinished("dense pass", 3));
    progress.close();

    assertThat(text())
        .contains("dense pass (0.0 s)\n")
        .contains("dense pass (3.0 s)\n  in flight: block 7 (0/2)\n")
        .endsWith("dense pass: done in 3.0 s\n");
  }

  private PrintStream stream() {
    return new PrintStream(terminal, true, StandardCharsets.UTF_8);
  }

  private String text() {
    return terminal.toString(StandardCharsets.UTF_8);
  }
}
