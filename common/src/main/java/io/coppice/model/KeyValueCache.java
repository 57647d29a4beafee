package io.coppice.model;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;

/**
 * The keys and values of the tokens so far, of B sequences in one block, which {@link
 * DecoderBlock#decode} fills one position at a time.
 *
 * @param keys B·capacity × {@link LanguageModel#keyValueSize()}: row b·capacity + p is the key of
 *     token p of sequence b
 * @param values as {@code keys}
 * @param sequences B
 */
public record KeyValueCache(Tensor keys, Tensor values, int sequences) {

  /** Room for {@code capacity} tokens of each of {@code sequences} sequences. */
  public static KeyValueCache allocate(
      LanguageModel model, Arena arena, int sequences, int capacity) {
    int rows = Math.multiplyExact(sequences, capacity);
    return new KeyValueCache(
        arena.tensor(rows, model.keyValueSize()),
        arena.tensor(rows, model.keyValueSize()),
        sequences);
  }

  /** Bytes that {@link #allocate} takes. */
  public static long bytes(LanguageModel model, int sequences, int capacity) {
    return 2L * sequences * capacity * model.keyValueSize() * Float.BYTES;
  }

  /** The most tokens of a sequence. */
  public int capacity() {
    return keys.rows() / sequences;
  }

  /** Puts the keys and values of one token of every sequence, B rows, at a position. */
  void put(int position, Tensor newKeys, Tensor newValues) {
    for (int sequence = 0; sequence < sequences; sequence++) {
      int row = sequence * capacity() + position;
      keys.rows(row, 1).copyFrom(newKeys.rows(sequence, 1));
      values.rows(row, 1).copyFrom(newValues.rows(sequence, 1));
    }
  }
}
