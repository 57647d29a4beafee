package io.coppice.kernel;

import static io.coppice.kernel.Close.assertClose;
import static io.coppice.kernel.Samples.assertGradient;
import static io.coppice.kernel.Samples.dot;
import static io.coppice.kernel.Samples.tensor;
import static io.coppice.kernel.Samples.wide;
import static io.coppice.kernel.Samples.zero;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.kernel.CausalAttention.Attended;
import io.coppice.kernel.Naive.Heads;
import io.coppice.tensor.Arena;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Precision;
import io.coppice.tensor.Tensor;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CausalAttentionTest {
  private final Arena arena = Arena.unbounded("test");
  private final Random random = new Random(11);

  @AfterEach
  void close() {
    arena.close();
  }

  private static final int ALL = CausalAttention.UNLIMITED;

  /** Sequences, their length, heads, key-value heads, head size, gap between rows. */
  @ParameterizedTest
  @CsvSource({
    "1,1,1,1,8,0",
    "3,5,4,2,8,0",
    "2,128,2,1,8,0",
    "1,131,2,2,64,0",
    "2,130,4,1,8,6",
    "1,259,2,1,128,0",
    "2,17,3,3,5,3",
  })
  void agreesWithItsTwinAndWithCentralDifferences(
      int sequences, int length, int heads, int keyValueHeads, int headSize, int gap) {
    requireAgreement(new Heads(sequences, length, heads, keyValueHeads, headSize, ALL), gap);
  }

  /** The same, and the sliding window. Tiles are of 128 queries. */
  @ParameterizedTest
  @CsvSource({
    "2,9,4,2,8,0,1",
    "2,9,4,2,8,0,4",
    "2,9,4,2,8,0,9",
    "1,300,2,1,8,0,1",
    "1,300,2,1,8,3,17",
    "2,300,2,2,8,0,128",
    "1,300,2,1,8,0,129",
    "1,300,1,1,5,0,256",
    "1,300,2,1,8,0,257",
    "1,300,2,1,8,0,299",
  })
  void seesItsWindowOnly(
      int sequences,
      int length,
      int heads,
      int keyValueHeads,
      int headSize,
      int gap,
      int slidingWindow) {
    requireAgreement(
        new Heads(sequences, length, heads, keyValueHeads, headSize, slidingWindow), gap);
  }

  private void requireAgreement(Heads shape, int gap) {
    int length = shape.sequenceLength();
    Tensor query = tensor(shape.rows(), shape.queryWidth(), gap, random, arena);
    Tensor key = tensor(shape.rows(), shape.keyWidth(), gap, random, arena);
    Tensor value = tensor(shape.rows(), shape.keyWidth(), gap, random, arena);
    Tensor output = zero(shape.rows(), shape.queryWidth(), gap, arena);
    Tensor logSumExp = arena.tensor(shape.heads(), shape.rows());
    CausalAttention attention =
        new CausalAttention(
            new HeadShape(
                shape.heads(), shape.keyValueHeads(), shape.headSize(), shape.slidingWindow()),
            BlasProvider.blas(),
            Precision.FLOAT32,
            arena,
            length + 7);
    QueryKeyValue operands = new QueryKeyValue(query, key, value);
    Attended attended = new Attended(output, logSumExp);
    attention.forward(operands, length, attended, Precision.FLOAT32);
    double[] q = wide(query);
    double[] k = wide(key);
    double[] v = wide(value);
    assertClose("output", output.toArray(), Naive.attention(q, k, v, shape), 4e-6);

    Tensor outputGradient = tensor(shape.rows(), shape.queryWidth(), gap, random, arena);
    double[] upstream = wide(outputGradient);
    // The gradients are overwritten, whatever they hold.
    Tensor queryGradient = tensor(shape.rows(), shape.queryWidth(), gap, random, arena);
    Tensor keyGradient = tensor(shape.rows(), shape.keyWidth(), gap, random, arena);
    Tensor valueGradient = tensor(shape.rows(), shape.keyWidth(), gap, random, arena);
    attention.backward(
        operands,
        attended,
        outputGradient,
        length,
        Precision.FLOAT32,
        new QueryKeyValue(queryGradient, keyGradient, valueGradient));
    assertGradient("dq", queryGradient, q, at -> dot(upstream, Naive.attention(at, k, v, shape)));
    assertGradient("dk", keyGradient, k, at -> dot(upstream, Naive.attention(q, at, v, shape)));
    assertGradient("dv", valueGradient, v, at -> dot(upstream, Naive.attention(q, k, at, shape)));
  }

  @Test
  void scoresOfThousandsDoNotOverflow() {
    Tensor query = arena.tensor(2, 8);
    Tensor value = tensor(2, 8, 0, random, arena);
    for (int j = 0; j < 8; j++) {
      query.set(0, j, 100);
      query.set(1, j, 100);
    }
    Tensor output = arena.tensor(2, 8);
    attention(2)
        .forward(
            new QueryKeyValue(query, query, value),
            2,
            new Attended(output, arena.tensor(1, 2)),
            Precision.FLOAT32);
    for (int j = 0; j < 8; j++) {
      assertThat(output.get(0, j)).isEqualTo(value.get(0, j));
      assertThat(output.get(1, j)).isEqualTo((value.get(0, j) + value.get(1, j)) / 2);
    }
  }

  @Test
  void aNaNReachesTheRowsAfterItAndNoOtherSequence() {
    Tensor x = tensor(6, 8, 0, random, arena);
    x.set(1, 3, Float.NaN);
    Tensor output = arena.tensor(6, 8);
    attention(3)
        .forward(
            new QueryKeyValue(x, x, x),
            3,
            new Attended(output, arena.tensor(1, 6)),
            Precision.FLOAT32);
    assertThat(output.get(1, 0)).isNaN();
    assertThat(output.get(2, 0)).isNaN();
    for (int row : new int[] {3, 4, 5}) {
      assertThat(output.get(row, 0)).isFinite();
    }
  }

  @Test
  void aWindowAsLongAsTheSequenceChangesNoBit() {
    Tensor x = tensor(400, 8, 0, random, arena);
    Tensor all = arena.tensor(400, 8);
    attention(200)
        .forward(
            new QueryKeyValue(x, x, x),
            200,
            new Attended(all, arena.tensor(1, 400)),
            Precision.FLOAT32);
    Tensor windowed = arena.tensor(400, 8);
    windowed(200, 200)
        .forward(
            new QueryKeyValue(x, x, x),
            200,
            new Attended(windowed, arena.tensor(1, 400)),
            Precision.FLOAT32);
    assertThat(windowed.toArray()).isEqualTo(all.toArray());
  }

  @Test
  void hugeKeysThatAreLeftBehindDoNotMatter() {
    Tensor x = tensor(140, 8, 0, random, arena);
    Tensor expected = arena.tensor(140, 8);
    Tensor logSumExp = arena.tensor(1, 140);
    CausalAttention attention = windowed(140, 3);
    attention.forward(
        new QueryKeyValue(x, x, x), 140, new Attended(expected, logSumExp), Precision.FLOAT32);
    for (int j = 0; j < 8; j++) {
      x.set(126, j, 1e18f);
    }
    Tensor output = arena.tensor(140, 8);
    Tensor logSums = arena.tensor(1, 140);
    attention.forward(
        new QueryKeyValue(x, x, x), 140, new Attended(output, logSums), Precision.FLOAT32);
    Tensor gradient = tensor(140, 8, 0, random, arena);
    Tensor dq = arena.tensor(140, 8);
    Tensor dk = arena.tensor(140, 8);
    Tensor dv = arena.tensor(140, 8);
    attention.backward(
        new QueryKeyValue(x, x, x),
        new Attended(output, logSums),
        gradient,
        140,
        Precision.FLOAT32,
        new QueryKeyValue(dq, dk, dv));
    for (int row = 129; row < 140; row++) {
      for (int j = 0; j < 8; j++) {
        assertThat(output.get(row, j)).isEqualTo(expected.get(row, j));
        assertThat(dq.get(row, j)).isFinite();
        assertThat(dk.get(row, j)).isFinite();
        assertThat(dv.get(row, j)).isFinite();
      }
    }
  }

  @Test
  void shapesThatDoNotFitAreRefused() {
    Tensor x = arena.tensor(6, 8);
    assertThatThrownBy(
            () ->
                attention(4)
                    .forward(
                        new QueryKeyValue(x, x, x),
                        4,
                        new Attended(x, arena.tensor(1, 6)),
                        Precision.FLOAT32))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("sequences of 4");
    assertThatThrownBy(() -> new HeadShape(3, 2, 8))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("3 heads");
    assertThatThrownBy(() -> windowed(4, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("window of 0");
  }

  private CausalAttention attention(int maxSequenceLength) {
    return windowed(maxSequenceLength, ALL);
  }

  private CausalAttention windowed(int maxSequenceLength, int slidingWindow) {
    return new CausalAttention(
        new HeadShape(1, 1, 8, slidingWindow),
        BlasProvider.blas(),
        Precision.FLOAT32,
        arena,
        maxSequenceLength);
  }
}
