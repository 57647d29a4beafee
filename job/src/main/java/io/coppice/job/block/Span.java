package io.coppice.job.block;

import io.coppice.job.activations.BoundaryActivations;
import java.io.Serializable;
import java.util.List;
import java.util.Optional;

/**
 * Consecutive blocks that one task reconstructs jointly: one for BR and GP, two for CR.
 *
 * @param members the blocks, in the model's order
 * @param student what the first block is trained on
 * @param denseOutput X̄ behind the last block
 */
public record Span(List<Member> members, Student student, BoundaryActivations denseOutput)
    implements Serializable {
  public Span {
    members = List.copyOf(members);
  }

  /**
   * A block of the span.
   *
   * @param wave how often the block has been trained when this is done, from 1
   * @param beginning what its weights are before training
   * @param denseInput X̄ at its input
   * @param output where its weights go
   */
  record Member(
      int block, int wave, Beginning beginning, BoundaryActivations denseInput, BlockFiles output)
      implements Serializable {}

  /** What a block's weights are before training. */
  public sealed interface Beginning extends Serializable {
    /** The first time: the dense weights, pruned. */
    record Pruned(PruningPlan.Block plan) implements Beginning {}

    /**
     * Later: weights that are there already, whose zeros are the mask.
     *
     * @param layers what pruning did, where that was not told yet
     */
    record Continued(BlockFiles previous, List<BlockOutcome.Layer> layers) implements Beginning {
      public Continued {
        layers = List.copyOf(layers);
      }
    }
  }

  /** What a span is trained on. */
  sealed interface Student extends Serializable {
    /** The dense chain's activations. */
    record Dense() implements Student {}

    /** The sparse chain's activations. */
    record Exact(BoundaryActivations sparse) implements Student {}

    /** Activations between the dense and the sparse chain's. */
    record Mixed(BoundaryActivations sparse) implements Student {}
  }

  /** The first block's number. */
  int first() {
    return members.get(0).block();
  }

  /** The number of the block after the last one. */
  int end() {
    return members.get(members.size() - 1).block() + 1;
  }

  /** What came of the blocks, if a run before this one has finished them. */
  Optional<List<BlockOutcome>> finished() {
    List<BlockOutcome> outcomes =
        members.stream()
            .flatMap(member -> member.output().outcome(member.block()).stream())
            .toList();
    return outcomes.size() == members.size() ? Optional.of(outcomes) : Optional.empty();
  }

  /** X at the first block, where the span is trained on the sparse chain; else X̄. */
  BoundaryActivations input() {
    if (student instanceof Student.Exact exact) {
      return exact.sparse();
    }
    return student instanceof Student.Mixed mixed ? mixed.sparse() : members.get(0).denseInput();
  }
}
