package io.coppice.reconstruct;

import static io.coppice.kernel.Close.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.kernel.Golden;
import io.coppice.model.BlockFactory;
import io.coppice.model.BlockSource;
import io.coppice.model.LanguageModel;
import io.coppice.model.RandomWeights;
import io.coppice.model.WeightShape;
import io.coppice.parallel.KernelPool;
import io.coppice.prune.Hessian;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Precision;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Gradients of a whole model's loss at every boundary, and the metrics made of them. */
class MetricGoldenTest {
  private final Arena arena = Arena.unbounded("test");
  private Golden golden;
  private LanguageModel model;
  private int windows;

  @BeforeEach
  void read() throws IOException {
    try (InputStream in = getClass().getResourceAsStream("/reconstruct/metric.json")) {
      golden = new Golden(new ObjectMapper().readTree(in));
    }
    model = RandomWeights.model(golden.values().required("config").toString());
    windows = points().length / golden.integer("length");
  }

  @AfterEach
  void close() {
    arena.close();
  }

  @Test
  void gradientsArePyTorchs() {
    List<Tensor> made = gradients(factory(BlasProvider.blas(), Precision.FLOAT32), windows);
    List<Tensor> expected = golden.tensors("gradients", arena);
    for (int boundary = 0; boundary < expected.size(); boundary++) {
      assertClose(
          "gradients after block " + boundary, made.get(boundary), expected.get(boundary), 1e-5);
    }
  }

  /** However many windows are taken back at a time. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void metricsArePyTorchs(int atATime) {
    BlockFactory factory = factory(BlasProvider.blas(), Precision.FLOAT32);
    List<Tensor> gradients = gradients(factory, atATime);
    List<Tensor> expected = golden.tensors("metrics", arena);
    for (int boundary = 0; boundary < expected.size(); boundary++) {
      Tensor metric = metric(factory, gradients.get(boundary));
      assertClose("metric after block " + boundary, metric, expected.get(boundary), 3e-6);
    }
  }

  /** The labels are those of float32 as long as no point is at the edge between two. */
  @Test
  void bf16IsNear() {
    List<Tensor> exact = gradients(factory(BlasProvider.blas(), Precision.FLOAT32), windows);
    List<Tensor> near = gradients(factory(BlasProvider.blas(), Precision.BF16), windows);
    for (int boundary = 0; boundary < exact.size(); boundary++) {
      float[] a = exact.get(boundary).toArray();
      float[] b = near.get(boundary).toArray();
      double difference =
          IntStream.range(0, a.length).mapToDouble(i -> Math.pow(a[i] - b[i], 2)).sum();
      double size = IntStream.range(0, a.length).mapToDouble(i -> a[i] * a[i]).sum();
      assertThat(Math.sqrt(difference / size)).isBetween(1e-5, 0.05);
    }
  }

  @ParameterizedTest
  @CsvSource({"2, FLOAT32", "3, BF16"})
  void threadsDoNotShow(int threads, Precision precision) {
    List<Tensor> alone = gradients(factory(BlasProvider.blas(), precision), windows);
    try (KernelPool pool = new KernelPool(threads)) {
      List<Tensor> together = gradients(factory(BlasProvider.blas().on(pool), precision), windows);
      for (int boundary = 0; boundary < alone.size(); boundary++) {
        assertThat(together.get(boundary).toArray()).isEqualTo(alone.get(boundary).toArray());
      }
    }
  }

  private BlockFactory factory(Blas blas, Precision precision) {
    return new BlockFactory(model, blas, golden.integer("length"), precision);
  }

  private double[] points() {
    JsonNode values = golden.values().required("points").required("values");
    return IntStream.range(0, values.size())
        .mapToDouble(i -> values.get(i).doubleValue())
        .toArray();
  }

  /** At boundaries 1 to L, with so many windows at a time. */
  private List<Tensor> gradients(BlockFactory factory, int atATime) {
    int length = factory.sequenceLength();
    List<Tensor> boundaries = golden.tensors("boundaries", arena);
    LabelGradient labels = new LabelGradient(factory, atATime, arena);
    labels.read((name, tensor) -> tensor.copyFrom(weight(name)));
    GradientStream stream = new GradientStream(factory, atATime, arena);
    Tensor gradients = factory.activations(windows, arena);
    double[] points = points();
    for (int first = 0; first < windows; first += atATime) {
      int count = Math.min(atATime, windows - first);
      double[] some = new double[count * length];
      System.arraycopy(points, first * length, some, 0, some.length);
      labels.compute(
          factory.windows(boundaries.get(model.blockCount()), first, count),
          some,
          factory.windows(gradients, first, count));
    }
    List<Tensor> all = new ArrayList<>(List.of(copy(gradients)));
    BlockSource blocks =
        (block, weights) -> {
          for (WeightShape shape : model.blockWeights()) {
            weights.tensor(shape.name()).copyFrom(weight(model.blockName(block).of(shape)));
          }
        };
    for (int block = model.blockCount() - 1; block > 0; block--) {
      Tensor input = boundaries.get(block);
      stream.back(
          blocks,
          block,
          (window, destination) -> destination.copyFrom(factory.windows(input, window, 1)),
          0,
          gradients);
      all.add(copy(gradients));
    }
    Collections.reverse(all);
    return all;
  }

  private Tensor copy(Tensor tensor) {
    Tensor copy = arena.tensor(tensor.rows(), tensor.columns());
    copy.copyFrom(tensor);
    return copy;
  }

  private Tensor metric(BlockFactory factory, Tensor gradients) {
    Tensor matrix = arena.tensor(model.hiddenSize(), model.hiddenSize());
    try (Hessian sums = new Hessian("gradients", model.hiddenSize(), factory.blas(), arena)) {
      for (int first = 0; first < windows; first++) {
        sums.accumulate(factory.windows(gradients, first, 1), 1);
      }
      ErrorMetric.make(sums, matrix);
    }
    return matrix;
  }

  private Tensor weight(String name) {
    return new Golden(golden.values().required("weights")).tensor(name, arena);
  }
}
