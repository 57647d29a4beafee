package io.coppice.job.schedule;

import java.io.Serializable;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Spans that are trained at once, each by a task of its own. When all are done, the sparse chain is
 * made anew from the round's first boundary to its last one.
 *
 * @param spans in the model's order, each beginning where the one before it ends
 * @param epochs that each of them is trained; 0 where blocks are only pruned
 * @param inputs the chain that they are trained on
 * @param finalBlocks how many blocks, from block 0 on, are final after this round: no later round
 *     trains them, and the sparse chain up to boundary {@code finalBlocks} is exact for good
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

  /** All its blocks, from the first span's first to the last span's last. */
  public Span extent() {
    return new Span(spans.get(0).first(), spans.get(spans.size() - 1).end());
  }

  public boolean trains() {
    return epochs > 0;
  }

  /** Whether its spans' inputs are read from the sparse chain, mixed or not. */
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
