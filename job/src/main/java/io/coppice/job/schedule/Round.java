package io.coppice.job.schedule;

import java.io.Serializable;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Spans that are trained at once, each by a task of its own. When all are done, the sparse chain is
 * computed again from the round's first boundary to its last one.
 *
 * @param spans in the model's order, each beginning where the one before it ends
 * @param epochs epochs that each of them is trained for; 0 where blocks are only pruned
 * @param inputs chain that they are trained on
 * @param finalBlocks number of blocks, from block 0 on, that are final after this round: no later
 *     round trains them, and the sparse chain up to boundary {@code finalBlocks} stays exact
 */
public record Round(List<Span> spans, int epochs, InputChain inputs, int finalBlocks)
    implements Serializable {
  public Round {
    spans = List.copyOf(spans);
    for (int i = 1; i < spans.size(); i++) {
      if (spans.get(i).first() != spans.get(i - 1).end()) {
        throw new IllegalArgumentException("Spans do not follow each other: " + spans);
      }
    }
  }

  /** The span of all its blocks, from the first block of the first span to the last of the last. */
  public Span extent() {
    return new Span(spans.get(0).first(), spans.get(spans.size() - 1).end());
  }

  public boolean trains() {
    return epochs > 0;
  }

  /** Whether inputs of its spans are read from the sparse chain, mixed or not. */
  public boolean readsSparseChain() {
    return inputs != InputChain.DENSE;
  }

  @Override
  public String toString() {
    return "%s %d epochs on %s, %d final"
        .formatted(
            spans.stream().map(Span::toString).collect(Collectors.joining(" ")),
            epochs,
            inputs,
            finalBlocks);
  }
}
