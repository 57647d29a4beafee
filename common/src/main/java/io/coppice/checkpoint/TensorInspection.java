package io.coppice.checkpoint;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * How sparse a tensor is, and in which pattern.
 *
 * @param name the tensor's name
 * @param shape its dimensions
 * @param type its type in the file
 * @param zeros elements that are exactly zero
 * @param size all elements
 * @param patterns the N:M patterns that every group of M in every row keeps, such as {@code 2:4};
 *     empty where less than half of the tensor is zero
 */
public record TensorInspection(
    String name, List<Long> shape, DataType type, long zeros, long size, List<String> patterns)
    implements Serializable {
  private static final int CHUNK_ELEMENTS = 1 << 20;
  private static final List<Group> GROUPS = List.of(new Group(2, 4), new Group(4, 8));

  public TensorInspection {
    shape = List.copyOf(shape);
    patterns = List.copyOf(patterns);
  }

  private record Group(int kept, int of) {
    @Override
    public String toString() {
      return kept + ":" + of;
    }
  }

  /** The share of zeros. */
  public double sparsity() {
    return size == 0 ? 0 : (double) zeros / size;
  }

  /**
   * Reads a tensor in chunks and counts.
   *
   * @throws io.coppice.failure.InvalidDataException if a value is NaN or infinite
   */
  public static TensorInspection of(SafetensorsFile file, TensorEntry entry) {
    int columns = Math.toIntExact(entry.columns());
    int chunkRows = Math.max(1, CHUNK_ELEMENTS / Math.max(1, columns));
    long zeros = 0;
    List<Group> kept = new ArrayList<>(GROUPS);
    kept.removeIf(group -> columns % group.of() != 0);
    try (Arena arena = Arena.unbounded("inspection")) {
      Tensor chunk = arena.tensor((int) Math.min(chunkRows, Math.max(1, entry.rows())), columns);
      float[] row = new float[columns];
      for (long first = 0; first < entry.rows(); first += chunk.rows()) {
        int rows = (int) Math.min(chunk.rows(), entry.rows() - first);
        file.readRows(entry.name(), first, chunk.rows(0, rows));
        for (int i = 0; i < rows; i++) {
          chunk.readRow(i, row);
          for (float value : row) {
            zeros += value == 0 ? 1 : 0;
          }
          kept.removeIf(group -> !holds(row, group));
        }
      }
    }
    boolean sparse = 2 * zeros >= entry.size() && entry.size() > 0;
    return new TensorInspection(
        entry.name(),
        entry.shape(),
        entry.type(),
        zeros,
        entry.size(),
        sparse ? kept.stream().map(Group::toString).toList() : List.of());
  }

  private static boolean holds(float[] row, Group group) {
    for (int first = 0; first < row.length; first += group.of()) {
      int count = 0;
      for (int i = first; i < first + group.of(); i++) {
        count += row[i] == 0 ? 0 : 1;
      }
      if (count > group.kept()) {
        return false;
      }
    }
    return true;
  }
}
