package io.coppice.evaluate;

import io.coppice.model.PackedSequences;
import io.coppice.model.PackedSequences.Sequence;
import java.util.ArrayList;
import java.util.List;

/**
 * Contexts with their continuations in the rows of one tensor: each context, and after it the
 * continuations without their last tokens.
 *
 * @param ids the token of each row
 * @param sequences says which rows are which sequence's
 * @param predicting the row that predicts each token of all continuations
 * @param targets that token
 * @param requests the number of its request
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record PackedBatch(
    int[] ids, PackedSequences sequences, int[] predicting, int[] targets, int[] requests) {

  /** Packs contexts in their order. */
  public static PackedBatch of(List<SharedContext> contexts) {
    Packing packing = new Packing(contexts.stream().mapToInt(SharedContext::rows).sum());
    contexts.forEach(packing::add);
    return new PackedBatch(
        packing.ids,
        new PackedSequences(packing.sequences, packing.ids.length),
        toArray(packing.predicting),
        toArray(packing.targets),
        toArray(packing.requests));
  }

  /** Adds the likelihoods of tokens, the negatives of their losses, to those of their requests. */
  public void addTo(double[] logLikelihoods, double[] losses) {
    for (int i = 0; i < losses.length; i++) {
      logLikelihoods[requests[i]] -= losses[i];
    }
  }

  private static int[] toArray(List<Integer> values) {
    return values.stream().mapToInt(Integer::intValue).toArray();
  }

  private static final class Packing {
    private final int[] ids;
    private final List<Sequence> sequences = new ArrayList<>();
    private final List<Integer> predicting = new ArrayList<>();
    private final List<Integer> targets = new ArrayList<>();
    private final List<Integer> requests = new ArrayList<>();
    private int row;

    Packing(int rows) {
      ids = new int[rows];
    }

    void add(SharedContext shared) {
      int first = row;
      int length = shared.context().length;
      append(shared.context(), length);
      if (shared.continuations().length == 1) {
        continuation(shared.continuations()[0], first + length - 1, shared.requests()[0]);
        sequences.add(Sequence.alone(first, row - first));
        return;
      }
      sequences.add(Sequence.alone(first, length));
      for (int i = 0; i < shared.continuations().length; i++) {
        int begin = row;
        continuation(shared.continuations()[i], first + length - 1, shared.requests()[i]);
        if (row > begin) {
          sequences.add(new Sequence(first, length, begin, row - begin));
        }
      }
    }

    /** Appends all but the last token; {@code before} is the row that predicts the first one. */
    private void continuation(int[] tokens, int before, int request) {
      for (int i = 0; i < tokens.length; i++) {
        predicting.add(i == 0 ? before : row + i - 1);
        targets.add(tokens[i]);
        requests.add(request);
      }
      append(tokens, tokens.length - 1);
    }

    private void append(int[] tokens, int count) {
      System.arraycopy(tokens, 0, ids, row, count);
      row += count;
    }
  }
}
