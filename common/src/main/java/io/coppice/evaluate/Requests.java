package io.coppice.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Collects requests under numbers from 0 on, and packs them into batches of about equal length. */
public final class Requests {
  /** Rows of a batch, if not a single context has more. */
  static final int BATCH_ROWS = 1024;

  private final List<SharedContext> contexts = new ArrayList<>();
  private int count;

  /**
   * Adds requests that may share contexts.
   *
   * @return the number of the first; the others follow
   */
  public int add(List<TokenRequest> requests) {
    int first = count;
    List<Integer> left = new ArrayList<>();
    for (int i = 0; i < requests.size(); i++) {
      left.add(i);
    }
    while (!left.isEmpty()) {
      int[] context = requests.get(left.get(0)).context();
      List<Integer> same =
          left.stream().filter(i -> Arrays.equals(requests.get(i).context(), context)).toList();
      contexts.add(
          new SharedContext(
              context,
              same.stream().map(i -> requests.get(i).continuation()).toArray(int[][]::new),
              same.stream().mapToInt(i -> first + i).toArray()));
      left.removeAll(same);
    }
    count += requests.size();
    return first;
  }

  /** The number of requests. */
  public int count() {
    return count;
  }

  /**
   * Batches of neighbours by length, the longest first. They depend on the requests alone, so that
   * a request meets the same neighbours, and hence the same last bits, whoever computes it.
   */
  public List<List<SharedContext>> batches() {
    return batches(BATCH_ROWS);
  }

  List<List<SharedContext>> batches(int mostRows) {
    List<SharedContext> ordered =
        contexts.stream()
            .sorted(
                Comparator.comparingInt(SharedContext::rows)
                    .reversed()
                    .thenComparingInt(context -> context.requests()[0]))
            .toList();
    List<List<SharedContext>> batches = new ArrayList<>();
    int rows = 0;
    for (SharedContext context : ordered) {
      rows += context.rows();
      if (batches.isEmpty() || rows > mostRows) {
        batches.add(new ArrayList<>());
        rows = context.rows();
      }
      batches.get(batches.size() - 1).add(context);
    }
    return batches;
  }
}
