package io.coppice.job.schedule;

import java.util.ArrayList;
import java.util.List;

/**
 * One span after another, each on the output of the sparse blocks before it: the paper's order.
 *
 * <p>With spans of one block, round i trains block i. With pairs these are the paper's rounds −1 to
 * L−1: block 0 alone, then (i, i+1) for each i, and at last block L−1 alone. So every block is
 * trained with each of its neighbours, for all epochs both times; it is pruned in the first of its
 * two rounds and final after the second.
 */
public record Sequential() implements Schedule {

  @Override
  public Rounds rounds(Workload workload) {
    int length = workload.spanLength();
    List<Round> rounds = new ArrayList<>();
    for (int i = 1 - length; i < workload.blocks(); i++) {
      Span span = new Span(Math.max(i, 0), Math.min(i + length, workload.blocks()));
      rounds.add(
          new Round(List.of(span), workload.epochs(), workload.sparseInputs(), Math.max(i + 1, 0)));
    }
    return new Rounds(workload.blocks(), rounds);
  }
}
