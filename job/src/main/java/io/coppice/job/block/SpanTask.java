package io.coppice.job.block;

import io.coppice.job.chain.activations.BoundaryActivations;
import io.coppice.job.cli.Level;
import io.coppice.job.cluster.Engine;
import io.coppice.job.cluster.LogContext;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.cluster.TaskClock;
import io.coppice.job.progress.TaskRun;
import io.coppice.model.BlockFactory;
import io.coppice.reconstruct.EpochErrors;
import io.coppice.reconstruct.SpanWorkspace;
import io.coppice.reconstruct.TrainingSettings;
import io.coppice.reconstruct.Windows;
import io.coppice.tensor.Arena;
import java.io.Serializable;
import java.util.List;

/**
 * Reconstructs spans of a round, each in a task on an executor, and holds all that they have in
 * common. Weights leave the executor for the file system alone.
 *
 * @param dense the dense model
 * @param training one round's epochs; none where blocks are only pruned
 * @param windows the purpose of each window
 */
record SpanTask(
    ModelOnCluster dense, Level level, TrainingSettings training, Windows windows, Engine engine)
    implements Serializable {

  /** Follows a training. */
  interface Listener {
    /** The training goes on after an epoch that an earlier attempt has finished. */
    void resumed(int epoch);

    /** An epoch is over. */
    void epoch(EpochErrors errors, double seconds);

    /**
     * The span is trained and written.
     *
     * @param seconds that it took
     * @param secondsWaited of them in which training waited for activations
     */
    void finished(double seconds, double secondsWaited);

    /** The task is over, whether it trained or only pruned. */
    void ran(TaskRun task);
  }

  boolean trains() {
    return training.epochs() > 0;
  }

  private BoundaryActivations.Reader open(BoundaryActivations input) {
    return trains() ? input.openForEpochs() : input.open();
  }

  /** Reconstructs a span, on an executor; gives the record of each of its blocks. */
  List<FinishedBlock> run(SpanAssignment assignment, Listener listener) {
    BlockFactory factory =
        new BlockFactory(dense.model(), engine.blas(), windows.length(), engine.precision());
    int first = assignment.span().first();
    TaskClock clock = new TaskClock(work(assignment));
    try (LogContext ignored = LogContext.ofBlock(first);
        Arena arena =
            Arena.unbounded("blocks %d to %d".formatted(first, assignment.span().end() - 1));
        BoundaryActivations.Reader input = open(assignment.input())) {
      SpanWorkspace workspace = new SpanWorkspace(factory, assignment.members().size(), arena);
      List<FinishedBlock> finished =
          new SpanReconstruction(this, assignment, workspace, input, listener).run();
      listener.ran(clock.stop(arena.peak()));
      return finished;
    }
  }

  private TaskRun.Work work(SpanAssignment assignment) {
    return new TaskRun.Work(
        trains() ? "training" : "pruning",
        level.toString(),
        assignment.firstMember().wave(),
        assignment.members().stream().map(SpanAssignment.Member::block).toList());
  }
}
