package io.coppice.job.block;

import io.coppice.job.chain.CalibratedModel;
import io.coppice.job.chain.SparseChain;
import io.coppice.job.cli.Objective;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.schedule.Round;
import io.coppice.job.schedule.Rounds;
import io.coppice.job.schedule.Span;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Finds a model's blocks and their activations before and after each round. A block that has been
 * trained n times is in the n-th folder.
 *
 * @param chain as the round before left it
 * @param objective what training lowers
 */
record Assignments(
    CalibratedModel calibrated,
    Reconstruction.Goal goal,
    Rounds rounds,
    SparseChain chain,
    Objective objective) {

  /** The spans of a round, as tasks get them. */
  List<SpanAssignment> of(int index) {
    Round round = rounds.list().get(index);
    return round.spans().stream().map(span -> of(index, round, span)).toList();
  }

  private SpanAssignment of(int index, Round round, Span span) {
    return new SpanAssignment(
        span.blocks().mapToObj(block -> member(block, rounds.turn(index, block))).toList(),
        round.inputs(),
        round.readsSparseChain()
            ? chain.at(span.first())
            : calibrated.boundaries().get(span.first()),
        calibrated.boundaries().get(span.end()),
        SpanLoss.of(calibrated, objective, goal.level(), span.end()));
  }

  private SpanAssignment.Member member(int block, int wave) {
    Beginning beginning =
        wave == 1
            ? goal.beginnings().of(goal.level(), block)
            : new Beginning.Continued(files(wave - 1), List.of());
    return new SpanAssignment.Member(
        block, wave, beginning, calibrated.boundaries().get(block), files(wave));
  }

  /** All blocks as they are after a round; those that no round has trained yet are not read. */
  MixedBlocks after(int index) {
    return new MixedBlocks(
        IntStream.range(0, rounds.blocks())
            .mapToObj(block -> files(Math.max(1, rounds.turn(index, block))))
            .toList());
  }

  /** All blocks after the last round. */
  BlockFiles finished() {
    return files(rounds.timesEachBlock());
  }

  private BlockFiles files(int wave) {
    ModelOnCluster model = calibrated.dense();
    return BlockFiles.in(goal.folder(), "wave-" + wave, model.model(), model.hadoop());
  }
}
