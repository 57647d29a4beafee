package io.coppice.kernel;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;

/**
 * Attention of one new token of each of B sequences over the keys and values that are kept of the
 * tokens up to it: O = softmax(q · Kᵀ / √d) · V for every head, the last row of what {@link
 * CausalAttention} computes.
 *
 * <p>The heads that share a key-value head are one product of as many rows, so each key and value
 * is read once for all of them. Every product's shape is decided by the position alone: what a
 * sequence gets does not depend on the others.
 */
public final class CachedAttention {
  private final Blas blas;
  private final HeadShape shape;
  private final int maxCapacity;
  private final float scale;
  private final VectorMath math = VectorMath.create();
  private final Tensor query;
  private final Tensor output;
  private final Tensor scores;
  private final float[] row;
  private final float[] scoresTile;

  /**
   * @param arena gives scratch for one group of heads
   * @param maxCapacity the most tokens that a cache may hold of a sequence
   */
  public CachedAttention(HeadShape shape, Blas blas, Arena arena, int maxCapacity) {
    this.shape = shape;
    this.blas = blas;
    this.maxCapacity = maxCapacity;
    int headSize = shape.headSize();
    scale = (float) (1 / Math.sqrt(headSize));
    int group = shape.group();
    query = arena.tensor(group, headSize);
    output = arena.tensor(group, headSize);
    scores = arena.vector(group * VectorMath.padded(maxCapacity));
    row = new float[group * headSize];
    scoresTile = VectorMath.tile(maxCapacity);
  }

  /**
   * @param queries B × heads·d
   * @param keys B·C × keyValueHeads·d: row b·C + p is the key of token p of sequence b
   * @param values as {@code keys}
   * @param position of the new tokens, whose keys and values are in place; from 0
   * @param outputs B × heads·d, overwritten
   */
  public void forward(Tensor queries, Tensor keys, Tensor values, int position, Tensor outputs) {
    int sequences = queries.rows();
    int headSize = shape.headSize();
    queries.requireShape(sequences, shape.queryWidth());
    outputs.requireShape(sequences, shape.queryWidth());
    int capacity = keys.rows() / sequences;
    keys.requireShape(sequences * capacity, shape.keyWidth());
    values.requireShape(sequences * capacity, shape.keyWidth());
    if (position < 0 || position >= Math.min(capacity, maxCapacity)) {
      throw new IllegalArgumentException(
          "Position %d is not in a cache of %d, at most %d"
              .formatted(position, capacity, maxCapacity));
    }
    int firstKey = Math.max(0, position - shape.slidingWindow() + 1);
    int seen = position - firstKey + 1;
    for (int sequence = 0; sequence < sequences; sequence++) {
      int first = sequence * capacity + firstKey;
      for (int head = 0; head < shape.keyValueHeads(); head++) {
        attend(
            queries,
            keys.window(first, seen, head * headSize, headSize),
            values.window(first, seen, head * headSize, headSize),
            sequence,
            head,
            outputs);
      }
    }
  }

  private void attend(
      Tensor queries, Tensor keys, Tensor values, int sequence, int keyValueHead, Tensor outputs) {
    int group = shape.group();
    int headSize = shape.headSize();
    int column = keyValueHead * group * headSize;
    int length = VectorMath.padded(keys.rows());
    Tensor padded = scores.columns(0, group * length).reshape(group, length);
    Tensor probabilities = padded.columns(0, keys.rows());
    queries.read(sequence, column, row, 0, row.length);
    query.writeRows(0, group, 0, headSize, row, headSize);
    blas.multiplyTransposedB(scale, query, keys, 0, probabilities);
    for (int i = 0; i < group; i++) {
      padded.readRow(i, scoresTile);
      math.softmax(scoresTile, 0, keys.rows(), length);
      padded.writeRow(i, scoresTile);
    }
    blas.multiply(1, probabilities, values, 0, output);
    output.readRows(0, group, 0, headSize, row, headSize);
    outputs.write(sequence, column, row, 0, row.length);
  }
}
