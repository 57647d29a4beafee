package io.coppice.checkpoint;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.io.Serializable;
import java.util.List;

/**
 * The sparsity of a tensor, and its pattern.
 *
 * @param name the tensor's name
 * @param shape its dimensions
 * @param type its type in the file
 * @param zeros elements that are exactly zero
 * @param size all elements
 * @param patterns the N:M patterns that every group of M in every row keeps, such as {@code 2:4},
 *     as {@link GroupCounts} lists them
 */
public record TensorInspection(
    String name, List<Long> shape, DataType type, long zeros, long size, List<String> patterns)
    implements Serializable {
  private static final int CHUNK_ELEMENTS = 1 << 20;

  public TensorInspection {
    shape = List.copyOf(shape);
    patterns = List.copyOf(patterns);
  }

  /** The share of zeros. */
  public double sparsity() {
    return sparsity(zeros, size);
  }

  private static double sparsity(long zeros, long size) {
    return size == 0 ? 0 : (double) zeros / size;
  }

  /**
   * Reads a tensor in chunks and counts.
   *
   * @throws io.coppice.failure.InvalidDataException if a value is NaN or infinite
   */
  public static TensorInspection of(WeightsFile file, TensorEntry entry) {
    int columns = Math.toIntExact(entry.columns());
    int chunkRows = Math.max(1, CHUNK_ELEMENTS / Math.max(1, columns));
    GroupCounts groups = new GroupCounts(columns);
    try (Arena arena = Arena.unbounded("inspection")) {
      Tensor chunk = arena.tensor((int) Math.min(chunkRows, Math.max(1, entry.rows())), columns);
      float[] row = new float[columns];
      for (long first = 0; first < entry.rows(); first += chunk.rows()) {
        int rows = (int) Math.min(chunk.rows(), entry.rows() - first);
        file.readRows(entry.name(), first, chunk.rows(0, rows));
        for (int i = 0; i < rows; i++) {
          chunk.readRow(i, row);
          groups.add(row);
        }
      }
    }
    return new TensorInspection(
        entry.name(),
        entry.shape(),
        entry.type(),
        groups.zeros(),
        entry.size(),
        groups.patterns(sparsity(groups.zeros(), entry.size())));
  }
}
