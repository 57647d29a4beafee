package io.coppice.job.progress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.coppice.job.progress.ProgressEvent.BlockEpoch;
import io.coppice.job.progress.ProgressEvent.BlockFinished;
import io.coppice.job.progress.ProgressEvent.BlockResumed;
import io.coppice.job.progress.ProgressEvent.BlockStarted;
import io.coppice.job.progress.ProgressEvent.CoresBusy;
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
    assertThat(lines(state, 1).get(0)).contains("8 of 20 block epochs");
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
    assertThat(lines(state, 2))
        .containsExactly("self-generated text (2.0 s)", "  2 of 5 groups of texts written");
    state.accept(new StageStarted("dense pass"));
    assertThat(lines(state, 2)).containsExactly("dense pass (2.0 s)");
  }

  @Test
  void statusTellsStageBlocksErrorsAndTimeLeft() {
    ProgressState state = new ProgressState();
    state.accept(new RunPlanned(12));
    state.accept(new StageStarted("reconstruct, wave 1"));
    assertThat(lines(state, 2)).containsExactly("reconstruct, wave 1 (2.0 s)");

    state.accept(new BlockStarted(1, 0, 2));
    state.accept(new BlockStarted(1, 1, 2));
    state.accept(new BlockEpoch(1, 0, new EpochErrors(0, 9, 9), 0));
    state.accept(new BlockEpoch(1, 0, new EpochErrors(1, 0.4, 0.6), 10));
    state.accept(new BlockEpoch(1, 1, new EpochErrors(1, 0.2, 0.4), 14));
    state.accept(new BlockEpoch(1, 0, new EpochErrors(2, 0.3, 0.5), 12));

    // Nine epochs of 12 s on average are ahead, two blocks at a time.
    assertThat(state.secondsLeft()).hasValueCloseTo(54.0, within(1e-9));
    assertThat(lines(state, 36))
        .containsExactly(
            "reconstruct, wave 1 (36 s), 3 of 12 block epochs, about 54 s of training left",
            "  block 1   epoch 1 of 2   error 0.2000, held out 0.4000",
            "  so far, over 2 blocks: error 0.2500, held out 0.4500");

    state.accept(new StageFinished("reconstruct, wave 1", 36));
    assertThat(lines(state, 40)).isEmpty();
  }

  @Test
  void statusTellsCoresAndTheGainOfAWave() {
    ProgressState state = new ProgressState();
    state.accept(new StageStarted("reconstruct, wave 2"));
    for (int block = 0; block < 10; block++) {
      state.accept(new BlockStarted(2, block, 1));
      state.accept(new BlockEpoch(2, block, new EpochErrors(0, 0.4, 0.5), 0));
    }
    state.accept(new BlockEpoch(2, 9, new EpochErrors(1, 0.2, 0.25), 3));
    state.accept(busy("1", 1.96, 2));
    state.accept(busy("2", 3.9, 4));
    state.accept(busy("1", 1.5, 2));

    assertThat(lines(state, 1))
        .hasSize(12)
        .contains("  5.4 of 6 cores busy on 2 executors, 9 blocks in training, 1 done")
        .contains("  block 0   epoch 0 of 1   error 0.4000, held out 0.5000")
        .contains("  and 1 more")
        .endsWith(
            "  so far, over 10 blocks: error 0.3800, held out 0.4750 (-5 % since the wave began)");
  }

  @Test
  void whatMasksThatShrinkBeganWithIsNoGain() {
    ProgressState state = new ProgressState();
    state.accept(new StageStarted("reconstruct, wave 1"));
    state.accept(new BlockStarted(1, 0, 1));
    state.accept(new BlockEpoch(1, 0, new EpochErrors(0, 0.1, 0.1, false), 0));
    state.accept(new BlockEpoch(1, 0, new EpochErrors(1, 0.2, 0.2, true), 1));
    assertThat(lines(state, 1)).contains("  so far, over 1 block: error 0.2000, held out 0.2000");
  }

  @Test
  void aBlockThatIsTrainedByAnotherLossShowsBoth() {
    EpochErrors errors =
        new EpochErrors(1, 0.2, 0.3, true, new EpochErrors.Losses(true, 1.5, 1.75, 0.5, 0.5));
    assertThat(ProgressText.errors(errors))
        .isEqualTo("loss 1.500, held out 1.750; error 0.2000, held out 0.3000");
  }

  private static CoresBusy busy(String executor, double cores, int of) {
    return new CoresBusy(new TaskRun.Place(executor, "host", of), cores);
  }

  private static List<String> lines(ProgressState state, double seconds) {
    return new StatusLines(state).after(seconds);
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
        .contains("dense pass (3.0 s)\n  block 7   epoch 0 of 2\n")
        .endsWith("dense pass: done in 3.0 s\n");
  }

  @Test
  void whatIsClosedDrawsNothingOverWhatIsSaidNext() {
    LiveProgress progress = new LiveProgress(stream(), () -> 0);
    progress.report(new StageStarted("dense pass"));
    progress.close();
    stream().println("interrupted");
    progress.report(new BlockStarted(1, 7, 2));
    progress.report(new StageFinished("dense pass", 3));

    assertThat(text()).endsWith("\033[J" + "interrupted\n");
  }

  @Test
  void aCharacterMayComeInTwoHalves() throws Exception {
    StatusStream status = new StatusStream(terminal);
    byte[] bytes = "a\nö\n".getBytes(StandardCharsets.UTF_8);
    status.write(bytes, 0, 3);
    status.show(List.of());
    status.write(bytes, 3, 2);

    assertThat(text()).isEqualTo("a\nö\n");
  }

  private PrintStream stream() {
    return new PrintStream(terminal, true, StandardCharsets.UTF_8);
  }

  private String text() {
    return terminal.toString(StandardCharsets.UTF_8);
  }
}
