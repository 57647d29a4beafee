package io.coppice.kernel;

import static io.coppice.kernel.Close.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.coppice.parallel.KernelPool;
import io.coppice.tensor.Arena;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Precision;
import io.coppice.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every kernel against what PyTorch computed. */
class GoldenTest {
  private static final double TOLERANCE = 2e-6;

  private final Arena arena = Arena.unbounded("test");

  @AfterEach
  void close() {
    arena.close();
  }

  static List<Golden> rmsNorm() {
    return Golden.cases("rmsNorm");
  }

  @ParameterizedTest
  @MethodSource
  void rmsNorm(Golden golden) {
    Tensor input = golden.tensor("input", arena);
    Tensor weight = golden.tensor("weight", arena);
    Tensor outputGradient = golden.tensor("outputGradient", arena);
    Tensor output = golden.zeroLike("output", arena);
    Tensor reciprocalRms = arena.vector(input.rows());
    RmsNorm norm =
        new RmsNorm(input.columns(), (float) golden.number("epsilon"), KernelPool.single());
    norm.forward(input, weight, output, reciprocalRms);
    assertClose("output", output, golden.tensor("output", arena), TOLERANCE);

    Tensor inputGradient = golden.zeroLike("input", arena);
    Tensor weightGradient = golden.zeroLike("weight", arena);
    norm.backward(input, weight, reciprocalRms, outputGradient, inputGradient, weightGradient);
    Tensor expectedWeight = golden.tensor("weightGradient", arena);
    assertClose("dx", inputGradient, golden.tensor("inputGradient", arena), TOLERANCE);
    assertClose("dw", weightGradient, expectedWeight, TOLERANCE);

    weightGradient.zero();
    norm.backwardWeight(input, reciprocalRms, outputGradient, weightGradient);
    assertClose("dw alone", weightGradient, expectedWeight, TOLERANCE);
  }

  static List<Golden> layerNorm() {
    return Golden.cases("layerNorm");
  }

  @ParameterizedTest
  @MethodSource
  void layerNorm(Golden golden) {
    Tensor input = golden.tensor("input", arena);
    Tensor weight = golden.tensor("weight", arena);
    Tensor bias = golden.tensor("bias", arena);
    Tensor outputGradient = golden.tensor("outputGradient", arena);
    Tensor output = golden.zeroLike("output", arena);
    Tensor statistics = arena.tensor(2, input.rows());
    LayerNorm norm =
        new LayerNorm(input.columns(), (float) golden.number("epsilon"), KernelPool.single());
    norm.forward(input, weight, bias, output, statistics);
    assertClose("output", output, golden.tensor("output", arena), TOLERANCE);

    Tensor inputGradient = golden.zeroLike("input", arena);
    Tensor weightGradient = golden.zeroLike("weight", arena);
    Tensor biasGradient = golden.zeroLike("bias", arena);
    norm.backward(
        input, weight, statistics, outputGradient, inputGradient, weightGradient, biasGradient);
    Tensor expectedWeight = golden.tensor("weightGradient", arena);
    Tensor expectedBias = golden.tensor("biasGradient", arena);
    assertClose("dx", inputGradient, golden.tensor("inputGradient", arena), TOLERANCE);
    assertClose("dw", weightGradient, expectedWeight, TOLERANCE);
    assertClose("db", biasGradient, expectedBias, TOLERANCE);

    weightGradient.zero();
    biasGradient.zero();
    norm.backwardWeights(input, statistics, outputGradient, weightGradient, biasGradient);
    assertClose("dw alone", weightGradient, expectedWeight, TOLERANCE);
    assertClose("db alone", biasGradient, expectedBias, TOLERANCE);
  }

  @Test
  void relu() {
    Golden golden = Golden.cases("relu").get(0);
    Relu relu = new Relu(KernelPool.single());
    Tensor x = golden.tensor("input", arena);
    relu.forward(x);
    assertClose("output", x, golden.tensor("output", arena), 0);
    Tensor gradient = golden.tensor("outputGradient", arena);
    relu.backward(x, gradient);
    assertClose("dx", gradient, golden.tensor("inputGradient", arena), 0);
  }

  static List<Golden> rotary() {
    return Golden.cases("rotary");
  }

  @ParameterizedTest
  @MethodSource
  void rotary(Golden golden) {
    int length = golden.integer("sequenceLength");
    RotaryEmbedding rotary =
        new RotaryEmbedding(
            golden.integer("headSize"),
            length,
            RotaryEmbedding.inverseFrequencies(golden.integer("headSize"), golden.number("theta")),
            KernelPool.single());
    Tensor x = golden.tensor("input", arena);
    rotary.forward(x, length);
    assertClose("output", x, golden.tensor("output", arena), TOLERANCE);
    Tensor gradient = golden.tensor("outputGradient", arena);
    rotary.backward(gradient, length);
    assertClose("dx", gradient, golden.tensor("inputGradient", arena), TOLERANCE);
  }

  static List<Golden> attention() {
    return Golden.cases("attention");
  }

  @ParameterizedTest
  @MethodSource
  void attention(Golden golden) {
    int length = golden.integer("sequenceLength");
    CausalAttention attention =
        new CausalAttention(shape(golden), BlasProvider.blas(), Precision.FLOAT32, arena, length);
    Tensor query = golden.tensor("query", arena);
    Tensor key = golden.tensor("key", arena);
    Tensor value = golden.tensor("value", arena);
    Tensor output = golden.zeroLike("output", arena);
    Tensor logSumExp = arena.tensor(golden.integer("heads"), query.rows());
    QueryKeyValue operands = new QueryKeyValue(query, key, value);
    CausalAttention.Attended attended = new CausalAttention.Attended(output, logSumExp);
    attention.forward(operands, length, attended, Precision.FLOAT32);
    assertClose("output", output, golden.tensor("output", arena), TOLERANCE);

    Tensor queryGradient = golden.zeroLike("query", arena);
    Tensor keyGradient = golden.zeroLike("key", arena);
    Tensor valueGradient = golden.zeroLike("value", arena);
    attention.backward(
        operands,
        attended,
        golden.tensor("outputGradient", arena),
        length,
        Precision.FLOAT32,
        new QueryKeyValue(queryGradient, keyGradient, valueGradient));
    assertClose("dq", queryGradient, golden.tensor("queryGradient", arena), TOLERANCE);
    assertClose("dk", keyGradient, golden.tensor("keyGradient", arena), TOLERANCE);
    assertClose("dv", valueGradient, golden.tensor("valueGradient", arena), TOLERANCE);
  }

  private static HeadShape shape(Golden golden) {
    return new HeadShape(
        golden.integer("heads"), golden.integer("keyValueHeads"), golden.integer("headSize"));
  }

  @ParameterizedTest
  @MethodSource("attention")
  void cachedAttention(Golden golden) {
    int length = golden.integer("sequenceLength");
    Tensor query = golden.tensor("query", arena);
    int sequences = query.rows() / length;
    CachedAttention attention =
        new CachedAttention(shape(golden), BlasProvider.blas(), arena, length);
    Tensor key = golden.tensor("key", arena);
    Tensor value = golden.tensor("value", arena);
    Tensor expected = golden.tensor("output", arena);
    Tensor keys = filled(key.rows(), key.columns(), Float.NaN);
    Tensor values = filled(key.rows(), key.columns(), Float.NaN);
    Tensor queries = arena.tensor(sequences, query.columns());
    Tensor output = filled(sequences, query.columns(), Float.NaN);
    for (int position = 0; position < length; position++) {
      for (int sequence = 0; sequence < sequences; sequence++) {
        int row = sequence * length + position;
        keys.rows(row, 1).copyFrom(key.rows(row, 1));
        values.rows(row, 1).copyFrom(value.rows(row, 1));
        queries.rows(sequence, 1).copyFrom(query.rows(row, 1));
      }
      attention.forward(queries, keys, values, position, output);
      for (int sequence = 0; sequence < sequences; sequence++) {
        assertClose(
            "position " + position,
            output.rows(sequence, 1),
            expected.rows(sequence * length + position, 1),
            TOLERANCE);
      }
    }
  }

  private Tensor filled(int rows, int columns, float value) {
    Tensor tensor = arena.tensor(rows, columns);
    float[] row = new float[columns];
    Arrays.fill(row, value);
    for (int i = 0; i < rows; i++) {
      tensor.writeRow(i, row);
    }
    return tensor;
  }

  @Test
  void swiGlu() {
    Golden golden = Golden.cases("swiGlu").get(0);
    SwiGlu swiGlu = new SwiGlu(KernelPool.single());
    Tensor gate = golden.tensor("gate", arena);
    Tensor up = golden.tensor("up", arena);
    Tensor output = golden.zeroLike("gate", arena);
    swiGlu.forward(gate, up, output);
    assertClose("output", output, golden.tensor("output", arena), TOLERANCE);
    Tensor outputGradient = golden.tensor("outputGradient", arena);
    Tensor upGradient = golden.zeroLike("up", arena);
    swiGlu.backward(gate, up, outputGradient, outputGradient, upGradient);
    assertClose("dGate", outputGradient, golden.tensor("gateGradient", arena), TOLERANCE);
    assertClose("dUp", upGradient, golden.tensor("upGradient", arena), TOLERANCE);
  }

  @Test
  void meanSquaredError() {
    Golden golden = Golden.cases("meanSquaredError").get(0);
    MeanSquaredError error = new MeanSquaredError(KernelPool.single());
    Tensor prediction = golden.tensor("prediction", arena);
    Tensor target = golden.tensor("target", arena);
    double loss = golden.number("loss");
    assertThat(error.loss(prediction, target)).isCloseTo(loss, within(1e-6 * loss));
    double size = prediction.size();
    double sum = error.lossAndGradient(prediction, target, size, prediction);
    assertThat(sum / size).isCloseTo(loss, within(1e-6 * loss));
    assertClose("gradient", prediction, golden.tensor("gradient", arena), TOLERANCE);
  }

  @Test
  void crossEntropy() {
    Golden golden = Golden.cases("crossEntropy").get(0);
    Tensor logits = golden.tensor("logits", arena);
    int[] targets = golden.integers("targets");
    Tensor losses = golden.tensor("losses", arena);
    CrossEntropy entropy = new CrossEntropy(logits.columns());
    double[] actual = new double[targets.length];
    entropy.losses(logits, targets, actual);
    double sum = 0;
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).isCloseTo(losses.get(0, i), within(TOLERANCE));
      sum += actual[i];
    }
    assertThat(entropy.loss(logits, targets)).isEqualTo(sum);
    assertThat(entropy.lossAndGradient(logits, targets, 1)).isEqualTo(sum);
    assertClose("gradient", logits, golden.tensor("gradient", arena), TOLERANCE);
  }

  @Test
  void linear() {
    Golden golden = Golden.cases("linear").get(0);
    Linear linear = new Linear(BlasProvider.blas());
    Tensor input = golden.tensor("input", arena);
    Tensor weight = golden.tensor("weight", arena);
    Tensor outputGradient = golden.tensor("outputGradient", arena);
    Tensor output = golden.zeroLike("output", arena);
    linear.forward(input, weight, output, false);
    assertClose("output", output, golden.tensor("output", arena), TOLERANCE);
    for (boolean accumulate : new boolean[] {false, true}) {
      Tensor inputGradient = golden.zeroLike("input", arena);
      Tensor weightGradient = golden.zeroLike("weight", arena);
      inputGradient.set(0, 0, 100);
      weightGradient.set(0, 0, 100);
      linear.backwardInput(outputGradient, weight, inputGradient, accumulate);
      linear.backwardWeight(outputGradient, input, arena.bf16(0, 0), weightGradient, accumulate);
      Tensor expectedInput = golden.tensor("inputGradient", arena);
      Tensor expectedWeight = golden.tensor("weightGradient", arena);
      float before = accumulate ? 100 : 0;
      expectedInput.set(0, 0, expectedInput.get(0, 0) + before);
      expectedWeight.set(0, 0, expectedWeight.get(0, 0) + before);
      assertClose("dx", inputGradient, expectedInput, TOLERANCE);
      assertClose("dw", weightGradient, expectedWeight, TOLERANCE);
    }
  }

  @Test
  void embedding() {
    Golden golden = Golden.cases("embedding").get(0);
    int[] ids = golden.integers("ids");
    Tensor table = golden.tensor("table", arena);
    Tensor output = golden.zeroLike("output", arena);
    Embedding embedding = new Embedding(table.columns());
    embedding.forward(ids, table, output);
    assertThat(output.toArray()).isEqualTo(golden.tensor("output", arena).toArray());
    Tensor tableGradient = golden.zeroLike("table", arena);
    embedding.backward(ids, golden.tensor("outputGradient", arena), tableGradient);
    assertClose("table gradient", tableGradient, golden.tensor("tableGradient", arena), TOLERANCE);
  }
}
