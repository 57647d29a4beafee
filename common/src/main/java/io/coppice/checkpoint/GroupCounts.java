package io.coppice.checkpoint;

import java.util.ArrayList;
import java.util.List;

/**
 * The most non-zero elements that any group of M consecutive elements of a row has, for every M
 * from 2 to 32 that divides the rows: the N:M patterns that hold without exception.
 */
final class GroupCounts {
  private static final int LARGEST = 32;

  /**
   * The share of zeros that a pattern may leave unexplained, such as those of inputs that are
   * always zero.
   */
  private static final double UNEXPLAINED = 0.1;

  /** The patterns that sparse kernels are made for. */
  private static final List<Group> ACCELERATED = List.of(new Group(2, 4), new Group(4, 8));

  private final int[] most = new int[LARGEST + 1];
  private final int[] nonZeros;
  private long rows;
  private long zeros;

  /**
   * @param columns elements of a row
   */
  GroupCounts(int columns) {
    nonZeros = new int[columns + 1];
  }

  /** Counts a row. */
  void add(float[] row) {
    rows++;
    for (int i = 0; i < row.length; i++) {
      nonZeros[i + 1] = nonZeros[i] + (row[i] == 0 ? 0 : 1);
    }
    zeros += row.length - nonZeros[row.length];
    for (int group = 2; group <= LARGEST; group++) {
      if (row.length % group == 0) {
        for (int first = 0; first < row.length; first += group) {
          most[group] = Math.max(most[group], nonZeros[first + group] - nonZeros[first]);
        }
      }
    }
  }

  /** The zeros of all rows. */
  long zeros() {
    return zeros;
  }

  /**
   * The patterns that hold and that account for the tensor's zeros: at most a tenth of the zeros
   * exceed what they require. Those that are no sparser than a listed one of smaller groups, as 4:6
   * is no sparser than 2:3, are left out. 2:4 and 4:8 are listed whenever they hold.
   *
   * @param sparsity the share of zeros
   */
  List<String> patterns(double sparsity) {
    int columns = nonZeros.length - 1;
    List<Group> found = new ArrayList<>();
    for (int size = 2; size <= LARGEST && rows > 0 && columns > 0; size++) {
      if (columns % size == 0 && most[size] < size) {
        Group group = new Group(most[size], size);
        if (group.explains(sparsity) && found.stream().noneMatch(group::isNoSparserThan)) {
          found.add(group);
        }
        Group half = new Group(size / 2, size);
        if (ACCELERATED.contains(half) && group.kept() <= half.kept() && !found.contains(half)) {
          found.add(half);
        }
      }
    }
    return found.stream().map(Group::toString).toList();
  }

  /** A pattern: of every {@code size} elements at most {@code kept} are not zero. */
  private record Group(int kept, int size) {
    boolean explains(double sparsity) {
      return kept > 0 && 1 - (double) kept / size >= (1 - UNEXPLAINED) * sparsity;
    }

    boolean isNoSparserThan(Group smaller) {
      return (long) kept * smaller.size >= (long) smaller.kept * size;
    }

    @Override
    public String toString() {
      return kept + ":" + size;
    }
  }
}
