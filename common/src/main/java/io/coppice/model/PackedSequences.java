package io.coppice.model;

import java.util.ArrayList;
import java.util.List;

/**
 * Sequences of different lengths packed into the rows of one tensor, without padding. Several may
 * begin with the same rows, so that a shared beginning is computed once.
 *
 * @param rows of the tensor; each is in the own rows of one sequence
 */
public record PackedSequences(List<Sequence> sequences, int rows) {
  public PackedSequences {
    sequences = List.copyOf(sequences);
  }

  /**
   * A sequence: some rows that belong to another sequence as well, then its own.
   *
   * @param sharedRow the first row of the beginning, which is a whole sequence of its own
   * @param shared rows of the beginning; 0 for none
   * @param row the first of its own rows
   * @param own their number, at least 1
   */
  public record Sequence(int sharedRow, int shared, int row, int own) {
    /** A sequence that shares nothing. */
    public static Sequence alone(int row, int length) {
      return new Sequence(row, 0, row, length);
    }

    Sequence shifted(int by) {
      return new Sequence(sharedRow + by, shared, row + by, own);
    }

    /** Tokens of the whole sequence. */
    public int length() {
      return shared + own;
    }
  }

  /** The sequences of several tensors, whose rows follow each other in one. */
  public static PackedSequences concatenated(List<PackedSequences> parts) {
    List<Sequence> all = new ArrayList<>();
    int rows = 0;
    for (PackedSequences part : parts) {
      for (Sequence sequence : part.sequences()) {
        all.add(sequence.shifted(rows));
      }
      rows += part.rows();
    }
    return new PackedSequences(all, rows);
  }

  /** Tokens of the longest sequence. */
  public int longest() {
    return sequences.stream().mapToInt(Sequence::length).max().orElse(0);
  }
}
