package io.coppice.kernel;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;
import java.util.Arrays;

/**
 * Causal attention with grouped queries: for each sequence and head, O = P · V, P = softmax(Q · Kᵀ
 * / √d) over the keys up to the query's own position. With a sliding window of W, the query at
 * position t sees the keys t − W + 1 to t only (Beltagy et al. 2020, arXiv 2004.05150).
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
  /** The sliding window of an attention that sees all earlier keys. */
  public static final int UNLIMITED = Integer.MAX_VALUE;

  private static final int QUERY_ROWS = 128;
  private static final int TILE_ELEMENTS = 8192;

  /** The score of a key that a query has left behind: small enough that its exp is 0 in any sum. */
  private static final float MASKED = -1e30f;

  private final Blas blas;
  private final HeadShape shape;
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
   * What the forward computes, all of which the backward needs.
   *
   * @param output O, B·T × heads·d
   * @param logSumExp heads × B·T: of each query's scores
   */
  public record Attended(Tensor output, Tensor logSumExp) {}

  /**
   * @param arena gives two scratch tiles of 128 × maxSequenceLength
   */
  public CausalAttention(HeadShape shape, Blas blas, Arena arena, int maxSequenceLength) {
    this.blas = blas;
    this.shape = shape;
    this.maxSequenceLength = maxSequenceLength;
    scale = (float) (1 / Math.sqrt(shape.headSize()));
    int padded = VectorMath.padded(maxSequenceLength);
    int queryRows = Math.min(QUERY_ROWS, maxSequenceLength);
    scores = arena.vector(queryRows * padded);
    scoresGradient = arena.vector(queryRows * padded);
    scoresTile = new float[Math.max(TILE_ELEMENTS, padded)];
    gradientTile = new float[scoresTile.length];
    outputTile = VectorMath.tile(QUERY_ROWS * VectorMath.padded(shape.headSize()));
    outputGradientTile = VectorMath.tile(QUERY_ROWS * VectorMath.padded(shape.headSize()));
  }

  /**
   * Overwrites {@code attended}.
   *
   * @param sequenceLength T
   */
  public void forward(QueryKeyValue operands, int sequenceLength, Attended attended) {
    int sequences = requireShapes(operands, sequenceLength, attended);
    for (int sequence = 0; sequence < sequences; sequence++) {
      for (int head = 0; head < shape.heads(); head++) {
        for (int start = 0; start < sequenceLength; start += QUERY_ROWS) {
          int count = Math.min(QUERY_ROWS, sequenceLength - start);
          forwardTile(operands, attended, tile(sequence * sequenceLength, start, count, head));
        }
      }
    }
  }

  private void forwardTile(QueryKeyValue operands, Attended attended, Tile tile) {
    Tensor padded = tile.scores(scores);
    Tensor probabilities = padded.columns(0, tile.keys());
    Tensor query = queryHead(operands.query(), tile);
    blas.multiplyTransposedB(scale, query, keyHead(operands.key(), tile), 0, probabilities);
    softmax(padded, tile);
    attended.logSumExp().write(tile.head, tile.row(), logSums, 0, tile.count);
    blas.multiply(
        1, probabilities, keyHead(operands.value(), tile), 0, queryHead(attended.output(), tile));
  }

  /**
   * Overwrites the gradients, which must not share memory with anything else.
   *
   * @param operands of the forward
   * @param attended of the forward
   * @param outputGradient B·T × heads·d
   */
  public void backward(
      QueryKeyValue operands,
      Attended attended,
      Tensor outputGradient,
      int sequenceLength,
      QueryKeyValue gradients) {
    int sequences = requireShapes(operands, sequenceLength, attended);
    requireShapes(gradients, sequenceLength, attended);
    outputGradient.requireShape(operands.query().rows(), shape.queryWidth());
    int last = (sequenceLength - 1) / QUERY_ROWS * QUERY_ROWS;
    boolean lastReachesAllKeys = last < shape.slidingWindow();
    if (!lastReachesAllKeys) {
      gradients.key().zero();
      gradients.value().zero();
    }
    Upstream upstream = new Upstream(attended, outputGradient);
    for (int sequence = 0; sequence < sequences; sequence++) {
      for (int head = 0; head < shape.heads(); head++) {
        boolean firstOfGroup = head % shape.group() == 0;
        for (int start = last; start >= 0; start -= QUERY_ROWS) {
          int count = Math.min(QUERY_ROWS, sequenceLength - start);
          Tile tile = tile(sequence * sequenceLength, start, count, head);
          // Where the last tile reaches all keys, it comes first and overwrites.
          float beta = lastReachesAllKeys && firstOfGroup && start == last ? 0 : 1;
          backwardTile(operands, upstream, gradients, tile, beta);
        }
      }
    }
  }

  private record Upstream(Attended attended, Tensor outputGradient) {}

  private void backwardTile(
      QueryKeyValue operands, Upstream given, QueryKeyValue gradients, Tile tile, float beta) {
    Tensor padded = tile.scores(scores);
    Tensor paddedGradient = tile.scores(scoresGradient);
    Tensor p = padded.columns(0, tile.keys());
    Tensor dp = paddedGradient.columns(0, tile.keys());
    Tensor q = queryHead(operands.query(), tile);
    Tensor k = keyHead(operands.key(), tile);
    Tensor upstream = queryHead(given.outputGradient, tile);
    given.attended.logSumExp().read(tile.head, tile.row(), logSums, 0, tile.count);
    blas.multiplyTransposedB(scale, q, k, 0, p);
    blas.multiplyTransposedB(1, upstream, keyHead(operands.value(), tile), 0, dp);
    computeDeltas(queryHead(given.attended.output(), tile), upstream);
    softmaxBackward(padded, paddedGradient, tile);
    blas.multiply(scale, dp, k, 0, queryHead(gradients.query(), tile));
    blas.multiplyTransposedA(scale, dp, q, beta, keyHead(gradients.key(), tile));
    blas.multiplyTransposedA(1, p, upstream, beta, keyHead(gradients.value(), tile));
  }

  /** Row i of the tile becomes the probabilities of the keys that query i sees. */
  private void softmax(Tensor probabilities, Tile tile) {
    int length = probabilities.columns();
    int chunk = scoresTile.length / length;
    for (int row = 0; row < tile.count; row += chunk) {
      int rows = Math.min(chunk, tile.count - row);
      probabilities.readRows(row, rows, 0, length, scoresTile, length);
      for (int i = 0; i < rows; i++) {
        int offset = i * length;
        int hidden = hiddenKeys(tile, row + i);
        Arrays.fill(scoresTile, offset, offset + hidden, MASKED);
        logSums[row + i] = math.softmax(scoresTile, offset, tile.keysUpTo(row + i), length);
        Arrays.fill(scoresTile, offset, offset + hidden, 0);
      }
      probabilities.writeRows(row, rows, 0, length, scoresTile, length);
    }
  }

  private void softmaxBackward(Tensor p, Tensor dp, Tile tile) {
    int length = p.columns();
    int chunk = scoresTile.length / length;
    for (int row = 0; row < tile.count; row += chunk) {
      int rows = Math.min(chunk, tile.count - row);
      p.readRows(row, rows, 0, length, scoresTile, length);
      dp.readRows(row, rows, 0, length, gradientTile, length);
      for (int i = 0; i < rows; i++) {
        int offset = i * length;
        math.softmaxBackward(
            scoresTile,
            gradientTile,
            offset,
            tile.keysUpTo(row + i),
            length,
            logSums[row + i],
            deltas[row + i]);
        int hidden = hiddenKeys(tile, row + i);
        Arrays.fill(scoresTile, offset, offset + hidden, 0);
        Arrays.fill(gradientTile, offset, offset + hidden, 0);
      }
      p.writeRows(row, rows, 0, length, scoresTile, length);
      dp.writeRows(row, rows, 0, length, gradientTile, length);
    }
  }

  private void computeDeltas(Tensor output, Tensor outputGradient) {
    int stride = VectorMath.padded(shape.headSize());
    output.readRows(0, output.rows(), 0, shape.headSize(), outputTile, stride);
    outputGradient.readRows(0, output.rows(), 0, shape.headSize(), outputGradientTile, stride);
    for (int i = 0; i < output.rows(); i++) {
      deltas[i] =
          math.dot(outputTile, i * stride, outputGradientTile, i * stride, shape.headSize());
    }
  }

  private Tile tile(int sequenceRow, int start, int count, int head) {
    return new Tile(
        sequenceRow, start, count, head, Math.max(0, start - shape.slidingWindow() + 1));
  }

  /** How many of the tile's keys lie before those that its query {@code i} sees. */
  private int hiddenKeys(Tile tile, int i) {
    return Math.max(0, tile.start + i - shape.slidingWindow() + 1 - tile.firstKey);
  }

  private Tensor queryHead(Tensor tensor, Tile tile) {
    return tensor.window(tile.row(), tile.count, tile.head * shape.headSize(), shape.headSize());
  }

  private Tensor keyHead(Tensor tensor, Tile tile) {
    int keyValueHead = tile.head / shape.group();
    return tensor.window(
        tile.sequenceRow + tile.firstKey,
        tile.keys(),
        keyValueHead * shape.headSize(),
        shape.headSize());
  }

  /** The number of sequences. */
  private int requireShapes(QueryKeyValue operands, int sequenceLength, Attended attended) {
    int rows = operands.query().rows();
    if (sequenceLength < 1 || sequenceLength > maxSequenceLength || rows % sequenceLength != 0) {
      throw new IllegalArgumentException(
          "%s is not a whole number of sequences of %d, at most %d, positions"
              .formatted(operands.query(), sequenceLength, maxSequenceLength));
    }
    operands.query().requireShape(rows, shape.queryWidth());
    operands.key().requireShape(rows, shape.keyWidth());
    operands.value().requireShape(rows, shape.keyWidth());
    attended.output().requireShape(rows, shape.queryWidth());
    attended.logSumExp().requireShape(shape.heads(), rows);
    return rows / sequenceLength;
  }

  /**
   * {@code count} queries of one head, from position {@code start} of a sequence on, and the keys
   * that they see, from position {@code firstKey} on.
   */
  private record Tile(int sequenceRow, int start, int count, int head, int firstKey) {
    int row() {
      return sequenceRow + start;
    }

    /** How many keys at least one of these queries sees. */
    int keys() {
      return start + count - firstKey;
    }

    /** How many keys there are up to the position of query {@code i}. */
    int keysUpTo(int i) {
      return start + i + 1 - firstKey;
    }

    /** Scratch for these queries and keys; rows are padded, and adjacent. */
    Tensor scores(Tensor scratch) {
      int columns = VectorMath.padded(keys());
      return scratch.columns(0, count * columns).reshape(count, columns);
    }
  }
}
