package io.coppice.checkpoint;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import java.util.List;

/**
 * A weight in compressed-tensors' layout {@code sparse-bitmask}, which is four tensors in its
 * place: its shape, its non-zero elements row by row, a bit for each element (1 where it is not
 * zero; column 8b + j is bit j of byte b of its row, the lowest first), and for each row the number
 * of non-zero elements in the rows before it.
 *
 * @param weight the weight's name, which ends in {@code .weight}
 * @param type of its elements
 * @param rows of the weight
 * @param columns of the weight
 * @param nonZeros number of elements that are not zero
 */
record BitmaskTensor(String weight, DataType type, long rows, long columns, long nonZeros) {
  static final String SHAPE = ".shape";
  static final String COMPRESSED = ".compressed";
  static final String BITMASK = ".bitmask";
  static final String ROW_OFFSETS = ".row_offsets";

  private static final String WEIGHT = ".weight";

  /** The four tensors, in the order in which they are planned. */
  List<TensorSpec> specs() {
    return List.of(
        TensorSpec.vector(name(SHAPE), DataType.I64, 2),
        TensorSpec.vector(name(ROW_OFFSETS), DataType.I64, rows),
        TensorSpec.vector(name(COMPRESSED), type, nonZeros),
        TensorSpec.matrix(name(BITMASK), DataType.U8, rows, rowBytes()));
  }

  /** The weight itself. */
  TensorSpec dense() {
    return TensorSpec.matrix(weight, type, rows, columns);
  }

  /** The name of one of the four. */
  String name(String ending) {
    return module(weight) + ending;
  }

  /** Bytes of a row of the bitmask. */
  long rowBytes() {
    return columns / Byte.SIZE + (columns % Byte.SIZE == 0 ? 0 : 1);
  }

  /** The bits of a row's last byte that stand for columns. */
  int lastBits() {
    int rest = (int) (columns % Byte.SIZE);
    return rest == 0 ? 0xff : (1 << rest) - 1;
  }

  private static String module(String weight) {
    if (!weight.endsWith(WEIGHT)) {
      throw new IllegalArgumentException(weight + " is no weight of a layer");
    }
    return weight.substring(0, weight.length() - WEIGHT.length());
  }

  /**
   * Finds the weight whose bitmask an entry is, and checks that its four tensors fit together, as
   * far as that can be seen without their elements.
   *
   * @param bitmask an entry whose name ends in {@link #BITMASK}
   * @param rows and columns as {@link #SHAPE} holds them
   * @throws InvalidDataException if one is missing, or has another type or shape than follows
   */
  static BitmaskTensor of(WeightsFile file, TensorEntry bitmask, long rows, long columns) {
    String module = module(bitmask);
    TensorEntry compressed = file.entry(module + COMPRESSED);
    BitmaskTensor tensor =
        new BitmaskTensor(module + WEIGHT, compressed.type(), rows, columns, compressed.size());
    if (rows < 0 || columns < 0 || !compressed.type().isFloat32Convertible()) {
      throw tensor.broken(
          file,
          "a shape of %d x %d and elements of %s".formatted(rows, columns, compressed.type()));
    }
    for (TensorSpec expected : tensor.specs()) {
      TensorSpec found = file.entry(expected.name()).spec();
      if (!found.equals(expected)) {
        throw tensor.broken(
            file,
            "%s as %s %s, where its shape asks for %s %s"
                .formatted(
                    Words.quote(found.name()),
                    found.type(),
                    found.shape(),
                    expected.type(),
                    expected.shape()));
      }
    }
    return tensor;
  }

  /** The name before {@link #BITMASK}. */
  static String module(TensorEntry bitmask) {
    return bitmask.name().substring(0, bitmask.name().length() - BITMASK.length());
  }

  /** The refusal of an archive. */
  InvalidDataException broken(WeightsFile file, String found) {
    return new InvalidDataException(
        "%s does not hold %s as sparse-bitmask has it: it has %s; get a sound copy of the archive"
            .formatted(file.path(), Words.quote(weight), found));
  }
}
