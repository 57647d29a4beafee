package io.coppice.benchmark;

import java.util.Locale;

/**
 * The result of a row.
 *
 * @param difference the largest relative difference of the results
 * @param products the products alone
 * @param circumstances under which it was measured
 */
record RowResult(
    Row row, double difference, Turns turns, Turns products, Circumstances circumstances) {
  static final String HEADING =
      "%-24s %-52s %10s %10s %6s %9s %9s %8s %6s"
          .formatted(
              "row",
              "work",
              "Coppice s",
              "libtorch s",
              "ratio",
              "products",
              "theirs",
              "differ",
              "load");

  /** The share of our time that our products alone take. */
  double ourProductShare() {
    return products.ours() / turns.ours();
  }

  /** The share of their time that their products alone take. */
  double theirProductShare() {
    return products.theirs() / turns.theirs();
  }

  /** A line below {@link #HEADING}. */
  String line() {
    return String.format(
        Locale.ROOT,
        "%-24s %-52s %10.5f %10.5f %6.2f %7.0f %% %7.0f %% %8.1e %6.1f",
        row.name(),
        row.work(),
        turns.ours(),
        turns.theirs(),
        turns.ratio(),
        100 * ourProductShare(),
        100 * theirProductShare(),
        difference,
        circumstances.load());
  }
}
