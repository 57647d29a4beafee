package io.coppice.kernel;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;

/**
 * Causal attention with grouped queries: for each sequence and head, O = P · V, P = softmax(Q · Kᵀ
 * / √d) over the keys up to the query's own position. Head h of the queries reads key-value head h
 * · keyValueHeads / heads.
 *
 * <p>Queries are taken in tiles; only the scores of one tile exist at a time. The forward saves the
 * log-sum-exp of each query's scores, from which the backward computes the probabilities again (as
 * Dao et al., arXiv 2205.14135): with D = rowsum(dO ⊙ O), dS = P ⊙ (dO · Vᵀ − D), it gives dQ = dS
 * · K / √d, dK = dSᵀ · Q / √d, dV = Pᵀ · dO.
 *
 * <p>Tensors hold B sequences of T rows, one after the other; query, output and their gradients are
 * B·T × heads·d, key, value and theirs B·T × keyValueHeads·d.
 */
public final class CausalAttention {
  private static final int QUERY_ROWS = 128;
  private static final int TILE_ELEMENTS = 8192;

  private final Blas blas;
  private final int heads;
  private final int keyValueHeads;
  private final int headSize;
  private final int maxSequenceLength;
  private final float scale;
  private final VectorMath math = VectorMath.create();
  private final Tensor scores;
  private final Tensor scoresGradient;
  private final float[] scoresTile;
  private final float[] gradientTile;
  private final float[] outputTile;
  private final float[] outputGradientTile;
  private final float[] logSums = new float[QUERY_ROWS];
  private final float[] deltas = new float[QUERY_ROWS];

  /**
   * @param arena gives two scratch tiles of 128 × maxSequenceLength
   * @param keyValueHeads a divisor of {@code heads}
   */
  public CausalAttention(
      Blas blas, Arena arena, int heads, int keyValueHeads, int headSize, int maxSequenceLength) {
    if (heads % keyValueHeads != 0) {
      throw new IllegalArgumentException(
          "%d heads cannot share %d key-value heads".formatted(heads, keyValueHeads));
    }
    this.blas = blas;
    this.heads = heads;
    this.keyValueHeads = keyValueHeads;
    this.headSize = headSize;
    this.maxSequenceLength = maxSequenceLength;
    scale = (float) (1 / Math.sqrt(headSize));
    int padded = VectorMath.padded(maxSequenceLength);
    int queryRows = Math.min(QUERY_ROWS, maxSequenceLength);
    scores = arena.vector(queryRows * padded);
    scoresGradient = arena.vector(queryRows * padded);
    scoresTile = new float[Math.max(TILE_ELEMENTS, padded)];
    gradientTile = new float[scoresTile.length];
    outputTile = VectorMath.tile(QUERY_ROWS * VectorMath.padded(headSize));
    outputGradientTile = VectorMath.tile(QUERY_ROWS * VectorMath.padded(headSize));
  }

  /**
   * @param sequenceLength T
   * @param output overwritten
   * @param logSumExp heads × B·T, overwritten; the backward needs it
   */
  public void forward(
      Tensor query, Tensor key, Tensor value, int sequenceLength, Tensor output, Tensor logSumExp) {
    int sequences = requireShapes(query, key, value, sequenceLength, logSumExp);
    output.requireShape(query.rows(), query.columns());
    for (int sequence = 0; sequence < sequences; sequence++) {
      int first = sequence * sequenceLength;
      for (int head = 0; head < heads; head++) {
        for (int tile = 0; tile < sequenceLength; tile += QUERY_ROWS) {
          int count = Math.min(QUERY_ROWS, sequenceLength - tile);
          int keys = tile + count;
          int padded = VectorMath.padded(keys);
          Tensor probabilities = view(scores, count, padded);
          blas.multiplyTransposedB(
              scale,
              queryHead(query, first + tile, count, head),
              keyHead(key, first, keys, head),
              0,
              probabilities.columns(0, keys));
          softmax(probabilities, tile, count);
          logSumExp.write(head, first + tile, logSums, 0, count);
          blas.multiply(
              1,
              probabilities.columns(0, keys),
              keyHead(value, first, keys, head),
              0,
              queryHead(output, first + tile, count, head));
        }
      }
    }
  }

  /**
   * Overwrites the three gradients, which must not share memory with anything else.
   *
   * @param output of the forward
   * @param logSumExp of the forward
   */
  public void backward(
      Tensor query,
      Tensor key,
      Tensor value,
      Tensor output,
      Tensor logSumExp,
      Tensor outputGradient,
      int sequenceLength,
      Tensor queryGradient,
      Tensor keyGradient,
      Tensor valueGradient) {
    int sequences = requireShapes(query, key, value, sequenceLength, logSumExp);
    output.requireShape(query.rows(), query.columns());
    outputGradient.requireShape(query.rows(), query.columns());
    requireShapes(queryGradient, keyGradient, valueGradient, sequenceLength, logSumExp);
    int group = heads / keyValueHeads;
    int lastTile = (sequenceLength - 1) / QUERY_ROWS * QUERY_ROWS;
    for (int sequence = 0; sequence < sequences; sequence++) {
      int first = sequence * sequenceLength;
      for (int head = 0; head < heads; head++) {
        for (int tile = lastTile; tile >= 0; tile -= QUERY_ROWS) {
          int count = Math.min(QUERY_ROWS, sequenceLength - tile);
          int keys = tile + count;
          int padded = VectorMath.padded(keys);
          Tensor p = view(scores, count, padded);
          Tensor dp = view(scoresGradient, count, padded);
          Tensor q = queryHead(query, first + tile, count, head);
          Tensor k = keyHead(key, first, keys, head);
          Tensor outputGradientOfHead = queryHead(outputGradient, first + tile, count, head);
          blas.multiplyTransposedB(scale, q, k, 0, p.columns(0, keys));
          blas.multiplyTransposedB(
              1, outputGradientOfHead, keyHead(value, first, keys, head), 0, dp.columns(0, keys));
          logSumExp.read(head, first + tile, logSums, 0, count);
          computeDeltas(queryHead(output, first + tile, count, head), outputGradientOfHead);
          softmaxBackward(p, dp, tile, count);
          // The last tile reaches all keys, so it comes first and overwrites.
          float beta = head % group == 0 && tile == lastTile ? 0 : 1;
          blas.multiply(
              scale,
              dp.columns(0, keys),
              k,
              0,
              queryHead(queryGradient, first + tile, count, head));
          blas.multiplyTransposedA(
              scale, dp.columns(0, keys), q, beta, keyHead(keyGradient, first, keys, head));
          blas.multiplyTransposedA(
              1,
              p.columns(0, keys),
              outputGradientOfHead,
              beta,
              keyHead(valueGradient, first, keys, head));
        }
      }
    }
  }

  /** Row i of the tile becomes the probabilities of the keys 0 to tile + i. */
  private void softmax(Tensor probabilities, int tile, int count) {
    int length = probabilities.columns();
    int chunk = scoresTile.length / length;
    for (int row = 0; row < count; row += chunk) {
      int rows = Math.min(chunk, count - row);
      probabilities.readRows(row, rows, 0, length, scoresTile, length);
      for (int i = 0; i < rows; i++) {
        logSums[row + i] = math.softmax(scoresTile, i * length, tile + row + i + 1, length);
      }
      probabilities.writeRows(row, rows, 0, length, scoresTile, length);
    }
  }

  private void softmaxBackward(Tensor p, Tensor dp, int tile, int count) {
    int length = p.columns();
    int chunk = scoresTile.length / length;
    for (int row = 0; row < count; row += chunk) {
      int rows = Math.min(chunk, count - row);
      p.readRows(row, rows, 0, length, scoresTile, length);
      dp.readRows(row, rows, 0, length, gradientTile, length);
      for (int i = 0; i < rows; i++) {
        math.softmaxBackward(
            scoresTile,
            gradientTile,
            i * length,
            tile + row + i + 1,
            length,
            logSums[row + i],
            deltas[row + i]);
      }
      p.writeRows(row, rows, 0, length, scoresTile, length);
      dp.writeRows(row, rows, 0, length, gradientTile, length);
    }
  }

  private void computeDeltas(Tensor output, Tensor outputGradient) {
    int stride = VectorMath.padded(headSize);
    output.readRows(0, output.rows(), 0, headSize, outputTile, stride);
    outputGradient.readRows(0, output.rows(), 0, headSize, outputGradientTile, stride);
    for (int i = 0; i < output.rows(); i++) {
      deltas[i] = math.dot(outputTile, i * stride, outputGradientTile, i * stride, headSize);
    }
  }

  private static Tensor view(Tensor scratch, int rows, int columns) {
    return scratch.columns(0, rows * columns).reshape(rows, columns);
  }

  private Tensor queryHead(Tensor tensor, int row, int count, int head) {
    return tensor.window(row, count, head * headSize, headSize);
  }

  private Tensor keyHead(Tensor tensor, int row, int count, int head) {
    int keyValueHead = head / (heads / keyValueHeads);
    return tensor.window(row, count, keyValueHead * headSize, headSize);
  }

  /** The number of sequences. */
  private int requireShapes(
      Tensor query, Tensor key, Tensor value, int sequenceLength, Tensor logSumExp) {
    int rows = query.rows();
    if (sequenceLength < 1 || sequenceLength > maxSequenceLength || rows % sequenceLength != 0) {
      throw new IllegalArgumentException(
          "%s is not a whole number of sequences of %d, at most %d, positions"
              .formatted(query, sequenceLength, maxSequenceLength));
    }
    query.requireShape(rows, heads * headSize);
    key.requireShape(rows, keyValueHeads * headSize);
    value.requireShape(rows, keyValueHeads * headSize);
    logSumExp.requireShape(heads, rows);
    return rows / sequenceLength;
  }
}
