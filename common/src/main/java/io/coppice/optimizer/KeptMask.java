package io.coppice.optimizer;

import io.coppice.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Which elements of a tensor are kept: one bit each, in the order in which the optimiser walks the
 * tensor's tiles, each tile from a new word on. A mask that keeps everything has no bits.
 */
final class KeptMask {
  /** Tiles of whole rows that one thread updates at a time. */
  private static final int TILES_OF_A_PIECE = 32;

  private final int rows;
  private final int columns;
  private final long kept;
  private final long[] bits;
  private final List<Piece> pieces;

  /**
   * Rows, and where what belongs to them begins.
   *
   * @param firstKept how many elements are kept before these rows
   * @param firstWord of the bits
   */
  record Piece(int firstRow, int endRow, int firstKept, int firstWord) {}

  private KeptMask(int rows, int columns, long kept, long[] bits, List<Piece> pieces) {
    this.rows = rows;
    this.columns = columns;
    this.kept = kept;
    this.bits = bits;
    this.pieces = pieces;
  }

  static KeptMask ofAll(Tensor tensor) {
    List<Piece> pieces = new ArrayList<>();
    int height = pieceHeight(tensor.columns());
    for (int row = 0; row < tensor.rows(); row += height) {
      int end = Math.min(tensor.rows(), row + height);
      pieces.add(new Piece(row, end, Math.multiplyExact(row, tensor.columns()), 0));
    }
    return new KeptMask(tensor.rows(), tensor.columns(), tensor.size(), new long[0], pieces);
  }

  private static int pieceHeight(int columns) {
    return TILES_OF_A_PIECE * Math.max(1, AdamW.TILE_ELEMENTS / Math.max(1, columns));
  }

  /** Keeps what is not exactly 0. */
  static KeptMask ofNonZero(Tensor tensor) {
    KeptMask mask = withBits(tensor);
    return mask.kept == tensor.size() ? ofAll(tensor) : mask;
  }

  /** The same, with bits even where it keeps everything: a mask that may shrink. */
  static KeptMask withBits(Tensor tensor) {
    int tileElements = AdamW.TILE_ELEMENTS;
    List<Piece> pieces = new ArrayList<>();
    int pieceHeight = pieceHeight(tensor.columns());
    int columns = tensor.columns();
    int width = Math.min(columns, tileElements);
    int height = Math.max(1, tileElements / Math.max(1, columns));
    float[] tile = new float[tileElements];
    long[] bits = new long[wordsOf(tensor, width, height)];
    long kept = 0;
    int word = 0;
    for (int row = 0; row < tensor.rows(); row += height) {
      int count = Math.min(height, tensor.rows() - row);
      if (row % pieceHeight == 0) {
        int end = Math.min(tensor.rows(), row + pieceHeight);
        pieces.add(new Piece(row, end, Math.toIntExact(kept), word));
      }
      for (int column = 0; column < columns; column += width) {
        int length = Math.min(width, columns - column);
        tensor.readRows(row, count, column, length, tile, length);
        for (int i = 0; i < count * length; i++) {
          if (tile[i] != 0) {
            bits[word + (i >> 6)] |= 1L << i;
            kept++;
          }
        }
        word += words(count * length);
      }
    }
    return new KeptMask(tensor.rows(), columns, kept, bits, pieces);
  }

  private static int wordsOf(Tensor tensor, int width, int height) {
    long words = 0;
    for (int row = 0; row < tensor.rows(); row += height) {
      int count = Math.min(height, tensor.rows() - row);
      for (int column = 0; column < tensor.columns(); column += width) {
        words += words(count * Math.min(width, tensor.columns() - column));
      }
    }
    return Math.toIntExact(words);
  }

  /** Words that a tile takes. */
  static int words(int elements) {
    return (elements + 63) >> 6;
  }

  int pieces() {
    return pieces.size();
  }

  Piece piece(int number) {
    return pieces.get(number);
  }

  int rows() {
    return rows;
  }

  int columns() {
    return columns;
  }

  long kept() {
    return kept;
  }

  boolean isDense() {
    return bits.length == 0;
  }

  /**
   * Lists where in a tile the kept elements are, in order.
   *
   * @param word the first word of the tile
   * @return how many are kept
   */
  int positions(int word, int elements, int[] positions) {
    int n = 0;
    for (int base = 0; base < elements; base += 64) {
      for (long left = bits[word + (base >> 6)]; left != 0; left &= left - 1) {
        positions[n++] = base + Long.numberOfTrailingZeros(left);
      }
    }
    return n;
  }

  /**
   * Moves the values that a smaller mask keeps to the front, in their order.
   *
   * @param smaller has bits, as this one, and keeps nothing that this one does not
   * @param values 1 × at least {@link #kept()}; what this mask keeps, then anything
   * @throws IllegalArgumentException if the other mask is not a smaller one
   */
  void compact(KeptMask smaller, Tensor values) {
    requireLarger(smaller);
    float[] buffer = new float[AdamW.TILE_ELEMENTS];
    int words = words(AdamW.TILE_ELEMENTS);
    int from = 0;
    int to = 0;
    for (int first = 0; first < bits.length; first += words) {
      int end = Math.min(bits.length, first + words);
      int count = 0;
      for (int word = first; word < end; word++) {
        count += Long.bitCount(bits[word]);
      }
      values.read(0, from, buffer, 0, count);
      int left = compact(smaller, first, end, buffer);
      values.write(0, to, buffer, 0, left);
      from += count;
      to += left;
    }
  }

  /** Compacts the values of some words at the start of the buffer; gives how many are left. */
  private int compact(KeptMask smaller, int first, int end, float[] buffer) {
    int read = 0;
    int written = 0;
    for (int word = first; word < end; word++) {
      for (long left = bits[word]; left != 0; left &= left - 1) {
        if ((smaller.bits[word] & Long.lowestOneBit(left)) != 0) {
          buffer[written++] = buffer[read];
        }
        read++;
      }
    }
    return written;
  }

  private void requireLarger(KeptMask smaller) {
    if (isDense() || smaller.bits.length != bits.length) {
      throw new IllegalArgumentException("Only masks with bits, of one shape, can shrink");
    }
    for (int word = 0; word < bits.length; word++) {
      if ((smaller.bits[word] & ~bits[word]) != 0) {
        throw new IllegalArgumentException("A weight that is pruned is not 0 any more");
      }
    }
  }
}
