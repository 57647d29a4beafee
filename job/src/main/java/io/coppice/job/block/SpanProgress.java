package io.coppice.job.block;

import io.coppice.job.cluster.CoreClock;
import io.coppice.job.progress.ProgressAccumulator;
import io.coppice.job.progress.ProgressEvent;
import io.coppice.job.progress.TaskRun;
import io.coppice.reconstruct.EpochErrors;
import java.util.function.Function;

/** Reports a span's training to the driver; on an executor. */
record SpanProgress(SpanAssignment span, int epochs, ProgressAccumulator events, CoreClock cores)
    implements SpanTask.Listener {

  /** Reports that the training begins. */
  void started() {
    tell(member -> new ProgressEvent.BlockStarted(member.wave(), member.block(), epochs));
  }

  @Override
  public void resumed(int epoch) {
    tell(member -> new ProgressEvent.BlockResumed(member.wave(), member.block(), epoch));
  }

  @Override
  public void epoch(EpochErrors errors, double seconds) {
    tell(
        member ->
            new ProgressEvent.BlockEpoch(
                member.wave(), member.block(), errors, seconds / span.members().size()));
    if (errors.epoch() > 0) {
      events.add(cores.busy());
    }
  }

  @Override
  public void finished(double seconds, double secondsWaited) {
    int blocks = span.members().size();
    tell(
        member ->
            new ProgressEvent.BlockFinished(
                member.wave(), member.block(), seconds / blocks, secondsWaited / blocks));
  }

  @Override
  public void ran(TaskRun task) {
    events.add(new ProgressEvent.TaskFinished(task));
  }

  private void tell(Function<SpanAssignment.Member, ProgressEvent> event) {
    span.members().forEach(member -> events.add(event.apply(member)));
  }
}
