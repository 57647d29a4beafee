package io.coppice.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.optimizer.AdamW;
import io.coppice.parallel.KernelPool;
import io.coppice.tensor.Arena;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Precision;
import io.coppice.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * One training step of norm, attention and gate gives the same bits at the first call and later.
 */
class DeterminismTest {
  private static final int ROWS = 66;
  private static final int WIDTH = 24;
  private static final int LENGTH = 33;

  @Test
  void callsGiveTheSameBitsBeforeAndAfterCompilation() {
    float[][] first = step();
    for (int i = 0; i < 3000; i++) {
      step();
    }
    assertThat(Arrays.deepEquals(step(), first)).isTrue();
  }

  private static float[][] step() {
    try (Arena arena = Arena.unbounded("test")) {
      Random random = new Random(3);
      Tensor x = Samples.tensor(ROWS, WIDTH, 0, random, arena);
      Tensor weight = Samples.tensor(1, WIDTH, 0, random, arena);
      weight.set(0, 5, 0);
      Tensor h = arena.tensor(ROWS, WIDTH);
      Tensor reciprocalRms = arena.vector(ROWS);
      RmsNorm norm = new RmsNorm(WIDTH, 1e-5f, KernelPool.single());
      norm.forward(x, weight, h, reciprocalRms);
      new RotaryEmbedding(
              12, LENGTH, RotaryEmbedding.inverseFrequencies(12, 10000), KernelPool.single())
          .forward(h, LENGTH);
      CausalAttention attention =
          new CausalAttention(
              new HeadShape(2, 2, 12), BlasProvider.blas(), Precision.FLOAT32, arena, LENGTH);
      Tensor output = arena.tensor(ROWS, WIDTH);
      Tensor logSumExp = arena.tensor(2, ROWS);
      QueryKeyValue operands = new QueryKeyValue(h, h, x);
      CausalAttention.Attended attended = new CausalAttention.Attended(output, logSumExp);
      attention.forward(operands, LENGTH, attended, Precision.FLOAT32);
      SwiGlu swiGlu = new SwiGlu(KernelPool.single());
      Tensor gated = arena.tensor(ROWS, WIDTH);
      swiGlu.forward(output, x, gated);
      Tensor gradient = arena.tensor(ROWS, WIDTH);
      double loss =
          new MeanSquaredError(KernelPool.single()).lossAndGradient(gated, x, 10, gradient);
      swiGlu.backward(output, x, gradient, gradient, h);
      Tensor dq = arena.tensor(ROWS, WIDTH);
      Tensor dk = arena.tensor(ROWS, WIDTH);
      Tensor dv = arena.tensor(ROWS, WIDTH);
      attention.backward(
          operands, attended, gradient, LENGTH, Precision.FLOAT32, new QueryKeyValue(dq, dk, dv));
      Tensor weightGradient = arena.vector(WIDTH);
      norm.backward(x, weight, reciprocalRms, dq, dk, weightGradient);
      AdamW.forKept(weight, KernelPool.single(), arena).step(weight, weightGradient, 1e-2, 1);
      List<float[]> results =
          List.of(
              new float[] {(float) loss},
              gated.toArray(),
              dk.toArray(),
              dv.toArray(),
              weight.toArray());
      return results.toArray(float[][]::new);
    }
  }
}
