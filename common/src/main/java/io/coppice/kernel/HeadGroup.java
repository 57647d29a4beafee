package io.coppice.kernel;

import io.coppice.kernel.CausalAttention.Attended;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Operand;
import io.coppice.tensor.OperandBuffer;
import io.coppice.tensor.Precision;
import io.coppice.tensor.Tensor;
import io.coppice.tensor.Transposition;
import java.util.Arrays;

/**
 * {@link CausalAttention} of those heads of one sequence that share a head of keys and values, with
 * the scratch of one thread.
 */
final class HeadGroup {
  private static final int QUERY_ROWS = 128;
  private static final int TILE_ELEMENTS = 8192;

  /** The score of a key that a query has left behind: small enough that its exp is 0 in any sum. */
  private static final float MASKED = -1e30f;

  private final HeadShape shape;
  private final Blas blas;
  private final float scale;
  private final VectorMath math = VectorMath.create();
  private final Tensor scores;
  private final Tensor scoresGradient;
  private final Tensor keyGradient;
  private final Tensor valueGradient;
  private final Operands buffers;
  private final float[] scoresTile;
  private final float[] gradientTile;
  private final float[] outputTile;
  private final float[] outputGradientTile;
  private final float[] logSums = new float[QUERY_ROWS];
  private final float[] shifts = new float[QUERY_ROWS];
  private final float[] sums = new float[QUERY_ROWS];
  private final float[] deltas = new float[QUERY_ROWS];

  /** Where rounded operands of a sequence's head, and of a tile, lie. */
  private record Operands(
      OperandBuffer query,
      OperandBuffer key,
      OperandBuffer value,
      OperandBuffer outputGradient,
      OperandBuffer exponentials,
      OperandBuffer probabilities,
      OperandBuffer scoresGradient) {

    static Operands allocate(Precision precision, Arena arena, int length, int headSize) {
      int queryRows = Math.min(QUERY_ROWS, length);
      int padded = VectorMath.padded(length);
      return new Operands(
          OperandBuffer.allocate(precision, arena, length, headSize),
          OperandBuffer.allocate(precision, arena, length, headSize),
          OperandBuffer.allocate(precision, arena, length, headSize),
          OperandBuffer.allocate(precision, arena, length, headSize),
          OperandBuffer.allocate(precision, arena, queryRows, padded),
          OperandBuffer.allocate(precision, arena, length, queryRows),
          OperandBuffer.allocate(precision, arena, length, queryRows));
    }
  }

  /**
   * A sequence and a head of keys and values.
   *
   * @param sequenceRow the first row of the sequence
   * @param length T, its rows
   */
  record Place(int sequenceRow, int length, int keyValueHead) {}

  /** All that the backward reads. */
  record Given(QueryKeyValue operands, Attended attended, Tensor outputGradient) {}

  /** The operands of products with one head's queries, all T rows of them. */
  private record Head(int number, Operand query, Operand key, Operand value) {}

  HeadGroup(HeadShape shape, Blas blas, Precision precision, Arena arena, int maxSequenceLength) {
    this.shape = shape;
    this.blas = blas;
    scale = (float) (1 / Math.sqrt(shape.headSize()));
    int padded = VectorMath.padded(maxSequenceLength);
    int queryRows = Math.min(QUERY_ROWS, maxSequenceLength);
    scores = arena.vector(queryRows * padded);
    scoresGradient = arena.vector(queryRows * padded);
    keyGradient = arena.tensor(maxSequenceLength, shape.headSize());
    valueGradient = arena.tensor(maxSequenceLength, shape.headSize());
    buffers = Operands.allocate(precision, arena, maxSequenceLength, shape.headSize());
    scoresTile = new float[Math.max(TILE_ELEMENTS, padded)];
    gradientTile = new float[scoresTile.length];
    outputTile = VectorMath.tile(QUERY_ROWS * VectorMath.padded(shape.headSize()));
    outputGradientTile = VectorMath.tile(QUERY_ROWS * VectorMath.padded(shape.headSize()));
  }

  void forward(Place place, QueryKeyValue operands, Attended attended, Precision precision) {
    Operand key = keys(operands.key(), place, buffers.key, precision);
    Operand value = keys(operands.value(), place, buffers.value, precision);
    for (int i = 0; i < shape.group(); i++) {
      int number = place.keyValueHead * shape.group() + i;
      Operand query = queries(operands.query(), place, number, buffers.query, precision);
      Head head = new Head(number, query, key, value);
      for (int start = 0; start < place.length; start += QUERY_ROWS) {
        forwardTile(head, attended, tile(place, start), precision);
      }
    }
  }

  private void forwardTile(Head head, Attended attended, Tile tile, Precision precision) {
    Tensor padded = tile.scores(scores);
    Tensor probabilities = padded.columns(0, tile.keys());
    blas.multiply(
        Transposition.RIGHT, 1, tile.queries(head.query), tile.keys(head.key), 0, probabilities);
    exponentials(padded, tile);
    attended.logSumExp().write(head.number, tile.row(), logSums, 0, tile.count);
    Tensor output = queryRows(attended.output(), tile, head.number);
    blas.multiply(
        Transposition.NONE,
        1,
        buffers.exponentials.of(probabilities, precision, blas),
        tile.keys(head.value),
        0,
        output);
    divideBySums(output);
  }

  /**
   * Scores and their gradients lie here with a row for each key: so every product but that of dQ
   * reads its left operand as it lies, which matrix units are twice as fast at.
   */
  void backward(Place place, Given given, QueryKeyValue gradients, Precision precision) {
    Tensor ofKey = keyGradient.rows(0, place.length);
    Tensor ofValue = valueGradient.rows(0, place.length);
    int last = (place.length - 1) / QUERY_ROWS * QUERY_ROWS;
    boolean lastReachesAllKeys = last < shape.slidingWindow();
    if (!lastReachesAllKeys) {
      ofKey.zero();
      ofValue.zero();
    }
    Operand key = keys(given.operands.key(), place, buffers.key, precision);
    Operand value = keys(given.operands.value(), place, buffers.value, precision);
    for (int i = 0; i < shape.group(); i++) {
      int number = place.keyValueHead * shape.group() + i;
      Operand query = queries(given.operands.query(), place, number, buffers.query, precision);
      Operand upstream =
          queries(given.outputGradient, place, number, buffers.outputGradient, precision);
      Head head = new Head(number, query, key, value);
      for (int start = last; start >= 0; start -= QUERY_ROWS) {
        Tile tile = tile(place, start);
        // Where the last tile reaches all keys, it comes first and overwrites.
        float beta = lastReachesAllKeys && i == 0 && start == last ? 0 : 1;
        probabilitiesAndGradient(head, upstream, given, tile);
        Tensor p = tile.scoresOfKeys(scores).columns(0, tile.count);
        Tensor ds = tile.scoresOfKeys(scoresGradient).columns(0, tile.count);
        Operand roundedDs = buffers.scoresGradient.of(ds, precision, blas);
        blas.multiply(
            Transposition.LEFT,
            1,
            roundedDs,
            tile.keys(head.key),
            0,
            queryRows(gradients.query(), tile, number));
        blas.multiply(
            Transposition.NONE, 1, roundedDs, tile.queries(head.query), beta, tile.keys(ofKey));
        blas.multiply(
            Transposition.NONE,
            1,
            buffers.probabilities.of(p, precision, blas),
            tile.queries(upstream),
            beta,
            tile.keys(ofValue));
      }
    }
    keyRows(gradients.key(), place).copyFrom(ofKey);
    keyRows(gradients.value(), place).copyFrom(ofValue);
  }

  /** Leaves P and dS / √d of a tile in the scratch, transposed. */
  private void probabilitiesAndGradient(Head head, Operand upstream, Given given, Tile tile) {
    Tensor padded = tile.scoresOfKeys(scores);
    Tensor paddedGradient = tile.scoresOfKeys(scoresGradient);
    given.attended.logSumExp().read(head.number, tile.row(), shifts, 0, tile.count);
    math.multiply(shifts, 1 / scale, 0, tile.count);
    blas.multiply(
        Transposition.RIGHT,
        1,
        tile.keys(head.key),
        tile.queries(head.query),
        0,
        padded.columns(0, tile.count));
    blas.multiply(
        Transposition.RIGHT,
        1,
        tile.keys(head.value),
        tile.queries(upstream),
        0,
        paddedGradient.columns(0, tile.count));
    computeDeltas(
        queryRows(given.attended.output(), tile, head.number),
        queryRows(given.outputGradient, tile, head.number));
    softmaxBackward(padded, paddedGradient, tile);
  }

  /**
   * Row i of the tile becomes the exponentials of what the keys that query i sees score above their
   * maximum. They are divided by their sum only after the product with the values, whose rows are
   * shorter.
   */
  private void exponentials(Tensor scores, Tile tile) {
    int length = scores.columns();
    int chunk = scoresTile.length / length;
    for (int row = 0; row < tile.count; row += chunk) {
      int rows = Math.min(chunk, tile.count - row);
      scores.readRows(row, rows, 0, length, scoresTile, length);
      for (int i = 0; i < rows; i++) {
        int offset = i * length;
        int hidden = hiddenKeys(tile, row + i);
        int valid = tile.keysUpTo(row + i);
        Arrays.fill(scoresTile, offset, offset + hidden, MASKED);
        float max = math.max(scoresTile, offset, valid);
        float sum = math.exp(scoresTile, scoresTile, offset, valid, scale, max);
        sums[row + i] = sum;
        logSums[row + i] = scale * max + (float) Math.log(sum);
        Arrays.fill(scoresTile, offset, offset + hidden, 0);
        Arrays.fill(scoresTile, offset + valid, offset + length, 0);
      }
      scores.writeRows(row, rows, 0, length, scoresTile, length);
    }
  }

  private void divideBySums(Tensor output) {
    int stride = VectorMath.padded(shape.headSize());
    output.readRows(0, output.rows(), 0, shape.headSize(), outputTile, stride);
    for (int i = 0; i < output.rows(); i++) {
      math.multiply(outputTile, 1 / sums[i], i * stride, shape.headSize());
    }
    output.writeRows(0, output.rows(), 0, shape.headSize(), outputTile, stride);
  }

  private void softmaxBackward(Tensor p, Tensor dp, Tile tile) {
    int length = p.columns();
    int chunk = scoresTile.length / length;
    for (int row = 0; row < p.rows(); row += chunk) {
      int rows = Math.min(chunk, p.rows() - row);
      p.readRows(row, rows, 0, length, scoresTile, length);
      dp.readRows(row, rows, 0, length, gradientTile, length);
      for (int i = 0; i < rows; i++) {
        int offset = i * length;
        int first = tile.firstQueryOf(row + i);
        math.softmaxBackward(
            scoresTile, gradientTile, offset, first, tile.count, scale, shifts, deltas);
        int end = tile.endOfQueriesOf(row + i, shape.slidingWindow());
        Arrays.fill(scoresTile, offset, offset + first, 0);
        Arrays.fill(gradientTile, offset, offset + first, 0);
        Arrays.fill(scoresTile, offset + end, offset + length, 0);
        Arrays.fill(gradientTile, offset + end, offset + length, 0);
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

  private Tile tile(Place place, int start) {
    return new Tile(
        place.sequenceRow,
        start,
        Math.min(QUERY_ROWS, place.length - start),
        Math.max(0, start - shape.slidingWindow() + 1));
  }

  /** The number of the tile's keys before those that its query {@code i} sees. */
  private int hiddenKeys(Tile tile, int i) {
    return Math.max(0, tile.start + i - shape.slidingWindow() + 1 - tile.firstKey);
  }

  /** All rows of a sequence, of one head of queries. */
  private Operand queries(
      Tensor tensor, Place place, int head, OperandBuffer buffer, Precision precision) {
    Tensor rows =
        tensor.window(place.sequenceRow, place.length, head * shape.headSize(), shape.headSize());
    return buffer.of(rows, precision, blas);
  }

  /** All rows of a sequence, of the head of keys or values. */
  private Operand keys(Tensor tensor, Place place, OperandBuffer buffer, Precision precision) {
    return buffer.of(keyRows(tensor, place), precision, blas);
  }

  private Tensor keyRows(Tensor tensor, Place place) {
    return tensor.window(
        place.sequenceRow, place.length, place.keyValueHead * shape.headSize(), shape.headSize());
  }

  private Tensor queryRows(Tensor tensor, Tile tile, int head) {
    return tensor.window(tile.row(), tile.count, head * shape.headSize(), shape.headSize());
  }

  /**
   * {@code count} queries, from position {@code start} of a sequence on, and the keys that they
   * see, from position {@code firstKey} on.
   */
  private record Tile(int sequenceRow, int start, int count, int firstKey) {
    int row() {
      return sequenceRow + start;
    }

    /** The number of keys that at least one of these queries sees. */
    int keys() {
      return start + count - firstKey;
    }

    /** The number of keys up to the position of query {@code i}. */
    int keysUpTo(int i) {
      return start + i + 1 - firstKey;
    }

    /** The first of these queries that sees the tile's key {@code j}. */
    int firstQueryOf(int j) {
      return Math.max(0, firstKey + j - start);
    }

    /** The query after the last of these that sees the tile's key {@code j} in its window. */
    int endOfQueriesOf(int j, int slidingWindow) {
      return (int) Math.min(count, (long) firstKey + j - start + slidingWindow);
    }

    /** These queries' rows of what has a row for each position of the sequence. */
    Operand queries(Operand all) {
      return all.window(start, count, 0, all.columns());
    }

    /** These keys' rows of what has a row for each position of the sequence. */
    Operand keys(Operand all) {
      return all.window(firstKey, keys(), 0, all.columns());
    }

    Tensor keys(Tensor all) {
      return all.rows(firstKey, keys());
    }

    /** Scratch for these queries and keys, with a row for each query. */
    Tensor scores(Tensor scratch) {
      return adjacentRows(scratch, count, keys());
    }

    /** The same with a row for each key. */
    Tensor scoresOfKeys(Tensor scratch) {
      return adjacentRows(scratch, keys(), count);
    }

    private static Tensor adjacentRows(Tensor scratch, int rows, int length) {
      int columns = VectorMath.padded(length);
      return scratch.columns(0, rows * columns).reshape(rows, columns);
    }
  }
}
