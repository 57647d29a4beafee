package io.coppice.checkpoint;

import java.io.Serializable;
import java.util.List;

/**
 * The place of a tensor's elements in a file.
 *
 * @param begin the position of the first element's first byte
 * @param shape dimensions, outermost first
 * @param strides elements between neighbours along each dimension
 */
record StoredTensor(long begin, List<Long> shape, List<Long> strides) implements Serializable {

  StoredTensor {
    shape = List.copyOf(shape);
    strides = List.copyOf(strides);
  }

  /** Whether the elements lie one after the other, the last dimension running fastest. */
  boolean isContiguous() {
    if (shape.contains(0L)) {
      return true;
    }
    long expected = 1;
    for (int i = shape.size() - 1; i >= 0; i--) {
      long dimension = shape.get(i);
      if (dimension > 1 && strides.get(i) != expected) {
        return false;
      }
      expected *= dimension;
    }
    return true;
  }

  /** The number of elements with the same first index; 1 for a vector. */
  long sliceSize() {
    return shape.stream().skip(1).reduce(1L, (a, b) -> a * b);
  }
}
