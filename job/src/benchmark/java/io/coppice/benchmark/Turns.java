package io.coppice.benchmark;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;

/**
 * Two pieces of work timed in turn, so that whatever else the machine does falls on both.
 *
 * @param ours median seconds
 * @param theirs median seconds
 * @param ratio the median of ours by theirs, pair by pair
 * @param rounds how many pairs
 */
record Turns(double ours, double theirs, double ratio, int rounds) {
  private static final int FEWEST_ROUNDS = 3;
  private static final int MOST_ROUNDS = 201;
  private static final int MOST_WARM_UP = 200;

  /** A turn lasts at least as long, so that a round of small work is not all switching. */
  private static final double TURN_SECONDS = 0.02;

  /** Idle threads of OpenMP and OpenBLAS go on looking for work for some tens of milliseconds. */
  private static final long PAUSE_MILLIS = 100;

  /**
   * @param threads how many compute; after several, a pause comes before the other's turn
   * @param budget seconds that all turns may take, beyond the fewest rounds; a quarter of it again
   *     for warming up, unless one call takes longer: the work has been done once before, to
   *     compare results
   */
  static Turns take(DoubleSupplier ours, DoubleSupplier theirs, int threads, double budget) {
    List<Double> own = new ArrayList<>();
    List<Double> other = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    long begun = System.nanoTime();
    double first = turn(ours, 1, threads);
    int calls = 1;
    if (first > budget / 4) {
      own.add(first);
      other.add(turn(theirs, 1, threads));
      ratios.add(first / other.get(0));
    } else {
      calls = warmUp(ours, theirs, budget / 4);
      begun = System.nanoTime();
    }
    while (own.size() < FEWEST_ROUNDS
        || (own.size() < MOST_ROUNDS && (System.nanoTime() - begun) / 1e9 < budget)) {
      own.add(turn(ours, calls, threads));
      other.add(turn(theirs, calls, threads));
      ratios.add(own.get(own.size() - 1) / other.get(other.size() - 1));
    }
    return new Turns(median(own), median(other), median(ratios), own.size());
  }

  /** The number of calls that make a turn. */
  private static int warmUp(DoubleSupplier ours, DoubleSupplier theirs, double budget) {
    long begun = System.nanoTime();
    double last = 0;
    for (int i = 0;
        i < MOST_WARM_UP && (i == 0 || (System.nanoTime() - begun) / 1e9 < budget);
        i++) {
      last = Math.min(ours.getAsDouble(), theirs.getAsDouble());
    }
    return Math.max(1, (int) Math.ceil(TURN_SECONDS / last));
  }

  /** Mean seconds of a call. */
  private static double turn(DoubleSupplier work, int calls, int threads) {
    if (threads > 1) {
      pause();
    }
    double sum = 0;
    for (int i = 0; i < calls; i++) {
      sum += work.getAsDouble();
    }
    return sum / calls;
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted between two turns", e);
    }
  }

  static double seconds(Runnable work) {
    long begun = System.nanoTime();
    work.run();
    return (System.nanoTime() - begun) / 1e9;
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }
}
