package io.coppice.checkpoint;

import io.coppice.failure.InvalidDataException;
import io.coppice.tensor.Tensor;
import java.util.List;
import org.apache.hadoop.fs.Path;

/**
 * An open file of weights, in any of the formats that are read. Tensors are read by ranges, through
 * bounded buffers, regardless of their size. Belongs to one thread.
 */
public sealed interface WeightsFile extends AutoCloseable permits SafetensorsFile, TorchFile {

  /** The full path of the file. */
  Path path();

  /** The tensors by name. */
  TensorTable tensors();

  /** The tensors in the order of their data, as a safetensors file holds or would hold them. */
  default List<TensorEntry> entries() {
    return tensors().entries();
  }

  /** Whether the file has a tensor of that name. */
  default boolean contains(String name) {
    return tensors().contains(name);
  }

  /**
   * @throws InvalidDataException if the file has no such tensor
   */
  default TensorEntry entry(String name) {
    return tensors().entry(name);
  }

  /**
   * Reads a whole tensor as float32 into a destination of {@link TensorEntry#rows()} × {@link
   * TensorEntry#columns()}.
   *
   * @throws InvalidDataException if there is no such tensor, its type is not F32, F16 or BF16, its
   *     shape is not the destination's, or a value is NaN or infinite
   */
  default void read(String name, Tensor destination) {
    tensors().read(name, destination);
  }

  /**
   * Reads as many rows as the destination has, from {@code firstRow} on.
   *
   * @throws InvalidDataException as {@link #read} does
   * @throws IndexOutOfBoundsException if the tensor has fewer rows
   */
  default void readRows(String name, long firstRow, Tensor destination) {
    tensors().readRows(name, firstRow, destination);
  }

  /**
   * Reads a tensor's bytes: its elements, little-endian, the last dimension running fastest.
   *
   * @param entry one of this file's
   * @param offset of the first byte within the tensor
   * @param buffer filled from index 0 on
   * @param length bytes to read, which the tensor has from {@code offset} on
   */
  void readBytes(TensorEntry entry, long offset, byte[] buffer, int length);

  @Override
  void close();
}
