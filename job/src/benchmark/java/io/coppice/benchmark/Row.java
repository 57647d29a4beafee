package io.coppice.benchmark;

import io.coppice.prune.SemiStructured;
import io.coppice.prune.SparsityPattern;
import io.coppice.prune.Unstructured;
import io.coppice.tensor.Precision;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * A line of the table.
 *
 * @param name words joined by hyphens, from the work to the number of threads
 * @param work in words
 * @param threads of each side
 * @param contest made when the row's turn comes, since some take gigabytes
 */
record Row(String name, String work, int threads, Supplier<Contest> contest) {
  private static final int[] THREADS = {1, 2};

  /** All rows, the most telling first. */
  static List<Row> all() {
    List<Row> rows = new ArrayList<>();
    for (BlockShape shape : BlockShape.all()) {
      addBlock(rows, shape, true);
      addBlock(rows, shape, false);
    }
    for (int threads : THREADS) {
      rows.add(row("gram", "XᵀX of 1024 x 4096", threads, () -> new GramContest(threads)));
    }
    for (int columns : new int[] {4096, 11008}) {
      addSparseGpt(rows, columns, "half", new Unstructured(0.5));
      addSparseGpt(rows, columns, "2:4", new SemiStructured(2, 4));
    }
    for (int threads : THREADS) {
      rows.add(
          row(
              "decode",
              "one token of 8 sequences, 135M parameters",
              threads,
              () -> new DecodeContest(threads)));
    }
    return rows;
  }

  private static void addBlock(List<Row> rows, BlockShape shape, boolean training) {
    String kind = training ? "step" : "forward";
    for (Precision precision : Precision.values()) {
      for (int threads : THREADS) {
        rows.add(
            row(
                "%s-%d-%s"
                    .formatted(kind, shape.hiddenSize(), precision.name().toLowerCase(Locale.ROOT)),
                kind + ", " + shape,
                threads,
                () -> new BlockContest(shape, training, precision, threads)));
      }
    }
  }

  private static void addSparseGpt(
      List<Row> rows, int columns, String word, SparsityPattern pattern) {
    for (int threads : THREADS) {
      rows.add(
          row(
              "sparsegpt-" + columns + "-" + word,
              "SparseGPT, %d -> 4096, %s".formatted(columns, word),
              threads,
              () -> new SparseGptContest(4096, columns, pattern, threads)));
    }
  }

  private static Row row(String name, String work, int threads, Supplier<Contest> contest) {
    return new Row(name + "-" + threads, work, threads, contest);
  }

  /** Whether it is of those that a word names: {@code step} and {@code step-64} name step-64-…. */
  boolean isNamedBy(String word) {
    return name.equals(word) || name.startsWith(word + "-");
  }
}
