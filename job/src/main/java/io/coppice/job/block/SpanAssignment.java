package io.coppice.job.block;

import io.coppice.job.chain.activations.BoundaryActivations;
import io.coppice.job.schedule.InputChain;
import io.coppice.job.schedule.Span;
import java.io.Serializable;
import java.util.List;
import java.util.Optional;

/**
 * A span as a task gets it: the weights that its blocks begin with, the folders that they go to,
 * and the activations that are its inputs and targets.
 *
 * @param members the blocks, in the model's order
 * @param chain that the first block's inputs come from
 * @param input X at the first block, or X̄ if the chain is the dense one
 * @param denseOutput X̄ after the last block
 * @param loss what training lowers
 */
record SpanAssignment(
    List<Member> members,
    InputChain chain,
    BoundaryActivations input,
    BoundaryActivations denseOutput,
    SpanLoss loss)
    implements Serializable {
  SpanAssignment {
    members = List.copyOf(members);
  }

  /**
   * A block of the span.
   *
   * @param wave the number of times that the block will have been trained after this, from 1
   * @param beginning its weights before training
   * @param denseInput X̄ at its input
   * @param output receives its weights
   */
  record Member(
      int block, int wave, Beginning beginning, BoundaryActivations denseInput, BlockFiles output)
      implements Serializable {}

  /** The first block. */
  Member firstMember() {
    return members.get(0);
  }

  /** Its blocks' numbers. */
  Span span() {
    return new Span(firstMember().block(), members.get(members.size() - 1).block() + 1);
  }

  /** The blocks' records, if an earlier run has finished all of them. */
  Optional<List<FinishedBlock>> finished() {
    List<FinishedBlock> finished =
        members.stream()
            .flatMap(member -> member.output().finished(member.block()).stream())
            .toList();
    return finished.size() == members.size() ? Optional.of(finished) : Optional.empty();
  }
}
