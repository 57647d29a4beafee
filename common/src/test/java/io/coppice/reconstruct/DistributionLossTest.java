package io.coppice.reconstruct;

import static io.coppice.kernel.Close.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.kernel.Golden;
import io.coppice.model.BlockFactory;
import io.coppice.model.LanguageModel;
import io.coppice.model.RandomWeights;
import io.coppice.parallel.KernelPool;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Precision;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class DistributionLossTest {
  private static final int LENGTH = 8;

  /** More words than a tile, and enough work for the products to be cut. */
  private static final String MANY_WORDS =
      """
      {"architectures": ["LlamaForCausalLM"], "hidden_size": 64, "intermediate_size": 64,
       "num_hidden_layers": 1, "num_attention_heads": 4, "vocab_size": 5003,
       "max_position_embeddings": 512, "rms_norm_eps": 1e-5}
      """;

  private final Arena arena = Arena.unbounded("test");

  @AfterEach
  void close() {
    arena.close();
  }

  static List<Golden> cases() throws IOException {
    try (InputStream in =
        DistributionLossTest.class.getResourceAsStream("/reconstruct/distribution.json")) {
      List<Golden> cases = new ArrayList<>();
      new ObjectMapper().readTree(in).forEach(node -> cases.add(new Golden(node)));
      return cases;
    }
  }

  /** Whatever the number of tokens at a time. */
  @ParameterizedTest
  @MethodSource("cases")
  void divergenceAndGradientArePyTorchs(Golden golden) {
    LanguageModel model = RandomWeights.model(golden.values().required("config").toString());
    Tensor output = golden.tensor("output", arena);
    Tensor target = golden.tensor("target", arena);
    DistributionSettings settings = new DistributionSettings(0, golden.number("share"));
    for (int rows : new int[] {1, 3, 16}) {
      DistributionLoss loss = loss(model, settings, rows);
      loss.read((name, tensor) -> tensor.copyFrom(weight(golden, name)));
      assertThat(loss.sum(output, target))
          .isCloseTo(golden.number("divergence"), within(1e-5 * golden.number("divergence")));

      Tensor gradient = golden.zeroLike("gradient", arena);
      loss.addGradient(output, target, golden.number("divisor"), gradient);
      assertClose("gradient", gradient, golden.tensor("gradient", arena), 3e-6);
      assertThat(output.toArray()).isEqualTo(golden.tensor("output", arena).toArray());
      loss.addGradient(output, target, -golden.number("divisor"), gradient);
      assertClose("added", gradient, golden.zeroLike("gradient", arena), 1e-6);
    }
  }

  private Tensor weight(Golden golden, String name) {
    JsonNode weights = golden.values().required("weights");
    return new Golden(weights).tensor(name, arena);
  }

  private DistributionLoss loss(LanguageModel model, DistributionSettings settings, int rows) {
    BlockFactory factory = new BlockFactory(model, BlasProvider.blas(), LENGTH);
    return new DistributionLoss(factory, settings, rows, arena);
  }

  @ParameterizedTest
  @CsvSource({"2, FLOAT32", "3, FLOAT32", "3, BF16"})
  void threadsDoNotShow(int threads, Precision precision) {
    try (KernelPool pool = new KernelPool(threads)) {
      assertThat(results(BlasProvider.blas().on(pool), precision))
          .isEqualTo(results(BlasProvider.blas(), precision));
    }
  }

  /** Measurements are float32 whatever training multiplies. */
  @ParameterizedTest
  @EnumSource
  void bf16IsForGradientsAlone(Precision precision) {
    float[] exact = results(BlasProvider.blas(), Precision.FLOAT32);
    float[] other = results(BlasProvider.blas(), precision);
    assertThat(other[0]).isEqualTo(exact[0]);
    double difference = 0;
    double size = 0;
    for (int i = 1; i < exact.length; i++) {
      difference += Math.pow(other[i] - exact[i], 2);
      size += Math.pow(exact[i], 2);
    }
    assertThat(Math.sqrt(difference / size)).isLessThan(0.02);
  }

  /** The divergence, and the gradient. */
  private float[] results(Blas blas, Precision precision) {
    LanguageModel model = RandomWeights.model(MANY_WORDS);
    BlockFactory factory = new BlockFactory(model, blas, 300, precision);
    DistributionLoss loss =
        DistributionLoss.allocate(factory, new DistributionSettings(0, 1), 2, arena);
    Random random = new Random(3);
    loss.read((name, tensor) -> fill(tensor, random, name.contains("norm") ? 1 : 0, 0.1f));
    Tensor target = factory.activations(2, arena);
    Tensor output = factory.activations(2, arena);
    fill(target, random, 0, 1);
    fill(output, random, 0, 0.3f);
    for (int i = 0; i < output.rows(); i++) {
      for (int j = 0; j < output.columns(); j++) {
        output.set(i, j, output.get(i, j) + target.get(i, j));
      }
    }
    Tensor gradient = factory.activations(2, arena);
    loss.addGradient(output, target, 600, gradient);
    float[] results = new float[1 + (int) gradient.size()];
    results[0] = (float) loss.sum(output, target);
    System.arraycopy(gradient.toArray(), 0, results, 1, (int) gradient.size());
    return results;
  }

  private static void fill(Tensor tensor, Random random, float mean, float deviation) {
    for (int i = 0; i < tensor.rows(); i++) {
      for (int j = 0; j < tensor.columns(); j++) {
        tensor.set(i, j, mean + deviation * (float) random.nextGaussian());
      }
    }
  }

  @Test
  void aShareOfTokensIsEvenlySpacedUpToTheLast() {
    assertThat(new DistributionSettings(0, 0.25).positions(16)).containsExactly(3, 7, 11, 15);
    assertThat(new DistributionSettings(0, 0.4).positions(5)).containsExactly(1, 4);
    assertThat(new DistributionSettings(0, 1e-9).positions(7)).containsExactly(6);
    assertThat(new DistributionSettings(0, 0.07).positions(100)).hasSize(7);
    assertThat(new DistributionSettings(0, 1).positions(3)).containsExactly(0, 1, 2);
  }

  /** A vocabulary of 128 thousand and windows of 1024 tokens. */
  @Test
  void logitsOfLargeVocabulariesTakeLittleMemory() {
    LanguageModel model =
        RandomWeights.model(MANY_WORDS.replace("5003", "128256").replace("512", "1024"));
    BlockFactory factory = new BlockFactory(model, BlasProvider.blas(), 1024);
    long taken =
        Arena.measure(
            counting ->
                DistributionLoss.allocate(factory, new DistributionSettings(3, 1), 1, counting));
    assertThat(taken - 4L * 128256 * 64).isBetween(100L << 20, 140L << 20);
  }
}
