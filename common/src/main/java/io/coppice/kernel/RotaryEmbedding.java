package io.coppice.kernel;

import io.coppice.parallel.KernelPool;
import io.coppice.parallel.PerWorker;
import io.coppice.tensor.Tensor;

/**
 * Rotary position embedding in Hugging Face's convention: element i of a head's first half is
 * rotated with element i of its second half by the angle position · f_i, f_i = theta^(−2i/d). Su et
 * al., arXiv 2104.09864.
 *
 * <p>Angles are float32, as transformers computes them, and so are their cosines and sines.
 */
public final class RotaryEmbedding {
  private static final int TILE_ELEMENTS = 4096;

  private final int headSize;
  private final int maxPositions;
  private final float[] cos;
  private final float[] sin;
  private final float[] minusSin;
  private final PerWorker<Scratch> workers;

  /** The tiles of one thread. */
  private static final class Scratch {
    private final VectorMath math = VectorMath.create();
    private float[] tile = VectorMath.tile(TILE_ELEMENTS);
  }

  /**
   * @param inverseFrequencies f_i, {@code headSize / 2} of them; for families that scale them
   */
  public RotaryEmbedding(
      int headSize, int maxPositions, float[] inverseFrequencies, KernelPool pool) {
    if (headSize % 2 != 0 || inverseFrequencies.length != headSize / 2) {
      throw new IllegalArgumentException(
          "Heads of %d need %d frequencies, got %d"
              .formatted(headSize, headSize / 2, inverseFrequencies.length));
    }
    workers = new PerWorker<>(pool, Scratch::new);
    this.headSize = headSize;
    this.maxPositions = maxPositions;
    int half = headSize / 2;
    cos = new float[Math.multiplyExact(maxPositions, half)];
    sin = new float[cos.length];
    minusSin = new float[cos.length];
    for (int position = 0; position < maxPositions; position++) {
      for (int i = 0; i < half; i++) {
        float angle = position * inverseFrequencies[i];
        cos[position * half + i] = (float) Math.cos(angle);
        sin[position * half + i] = (float) Math.sin(angle);
        minusSin[position * half + i] = -sin[position * half + i];
      }
    }
  }

  /** f_i = 1 / theta^(2i/d) in float32, for i in [0, d/2). */
  public static float[] inverseFrequencies(int headSize, double theta) {
    float[] frequencies = new float[headSize / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = 1 / (float) Math.pow(theta, 2f * i / headSize);
    }
    return frequencies;
  }

  /**
   * Rotates in place.
   *
   * @param x B·T × heads·headSize: queries or keys of B sequences, one after the other
   * @param sequenceLength T; row r is at position r mod T
   */
  public void forward(Tensor x, int sequenceLength) {
    rotate(x, 0, sequenceLength, sin);
  }

  /**
   * Rotates in place everything at one position.
   *
   * @param x B × heads·headSize: queries or keys of one token of each of B sequences
   * @param position from 0
   */
  public void forwardAt(Tensor x, int position) {
    rotate(x, position, 1, sin);
  }

  /** Turns the gradient of the rotated x into that of x, in place: rotates it back. */
  public void backward(Tensor gradient, int sequenceLength) {
    rotate(gradient, 0, sequenceLength, minusSin);
  }

  private void rotate(Tensor x, int first, int sequenceLength, float[] signedSin) {
    int heads = x.columns() / headSize;
    x.requireShape(x.rows(), heads * headSize);
    if (first + sequenceLength > maxPositions || x.rows() % sequenceLength != 0) {
      throw new IllegalArgumentException(
          "%s is not a whole number of sequences of %d positions from %d on, at most %d"
              .formatted(x, sequenceLength, first, maxPositions));
    }
    Positions positions = new Positions(first, sequenceLength);
    workers.rows(
        x.rows(),
        x.columns(),
        (own, row, count) -> rotateRows(own, x, row, count, positions, signedSin));
  }

  /** Row r is at position {@code first + r mod sequenceLength}. */
  private record Positions(int first, int sequenceLength) {
    int of(int row) {
      return first + row % sequenceLength;
    }
  }

  private void rotateRows(
      Scratch own, Tensor x, int start, int rows, Positions positions, float[] signedSin) {
    int columns = x.columns();
    if (own.tile.length < columns) {
      own.tile = VectorMath.tile(columns);
    }
    int half = headSize / 2;
    int heads = columns / headSize;
    int tileRows = own.tile.length / columns;
    for (int row = start; row < start + rows; row += tileRows) {
      int count = Math.min(tileRows, start + rows - row);
      x.readRows(row, count, 0, columns, own.tile, columns);
      for (int i = 0; i < count; i++) {
        int table = positions.of(row + i) * half;
        own.math.rotate(own.tile, i * columns, heads, half, cos, signedSin, table);
      }
      x.writeRows(row, count, 0, columns, own.tile, columns);
    }
  }
}
