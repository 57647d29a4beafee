package io.coppice.checkpoint;

/**
 * Takes the elements of a float tensor as the file has them, run by run through one buffer of at
 * most 1 MiB, and tells which are zero. −0 is zero, as in {@code w != 0}.
 */
final class ElementRuns {
  private static final int BUFFER = 1 << 20;

  private final int elementBytes;
  private final byte[] bytes;
  private int count;

  private ElementRuns(int elementBytes, long elements) {
    this.elementBytes = elementBytes;
    bytes = new byte[(int) Math.min(BUFFER, elements * elementBytes)];
  }

  /** The use that is made of a run. */
  @FunctionalInterface
  interface Visitor {
    /**
     * @param run of elements, valid during the call
     * @param first number of its first element in the tensor, row by row
     */
    void visit(ElementRuns run, long first);
  }

  /** Visits all elements of a tensor of F32, F16 or BF16. */
  static void of(WeightsFile file, TensorEntry entry, Visitor visitor) {
    FloatReader.requireFloat(file, entry);
    ElementRuns run = new ElementRuns(entry.type().bits() / Byte.SIZE, entry.size());
    for (long first = 0; first < entry.size(); first += run.count) {
      run.count = (int) Math.min(run.bytes.length / run.elementBytes, entry.size() - first);
      file.readBytes(entry, first * run.elementBytes, run.bytes, run.count * run.elementBytes);
      visitor.visit(run, first);
    }
  }

  /** The number of elements. */
  int count() {
    return count;
  }

  /** Their bytes, from index 0 on. */
  byte[] bytes() {
    return bytes;
  }

  /** The bytes of one. */
  int elementBytes() {
    return elementBytes;
  }

  /** Whether an element is 0 or −0. */
  boolean isZero(int index) {
    int last = (index + 1) * elementBytes - 1;
    int set = bytes[last] & 0x7f;
    for (int i = index * elementBytes; i < last; i++) {
      set |= bytes[i];
    }
    return set == 0;
  }
}
