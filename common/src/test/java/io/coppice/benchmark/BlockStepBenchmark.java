package io.coppice.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.kernel.MeanSquaredError;
import io.coppice.model.BlockWeights;
import io.coppice.model.BlockWorkspace;
import io.coppice.model.DecoderBlock;
import io.coppice.model.LanguageModel;
import io.coppice.model.ModelFamilies;
import io.coppice.model.WeightGradients;
import io.coppice.model.WeightShape;
import io.coppice.optimizer.AdamW;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Tensor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Times one training step of one block (forward, backward, AdamW on kept weights), on one thread,
 * alternating with PyTorch doing the same: {@code mvn -Pbenchmark verify}. Prints medians, the
 * median of the ratios pair by pair, and peak resident memory; asserts no time.
 */
@Tag("benchmark")
class BlockStepBenchmark {
  private static final Path PYTHON = Path.of("/usr/bin/python3");

  @ParameterizedTest
  @CsvSource({"64,172,8,8,128,200,60", "1024,2816,16,1,1024,3,11", "4096,11008,32,1,1024,1,5"})
  void stepBesidePyTorch(
      int hiddenSize,
      int intermediateSize,
      int heads,
      int windows,
      int tokens,
      int warmUp,
      int rounds)
      throws Exception {
    assumeTrue(Files.isExecutable(PYTHON), "needs " + PYTHON + " with PyTorch");
    List<Double> ours = new ArrayList<>();
    List<Double> theirs = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    double bound;
    long peerMemory;
    try (Peer peer = new Peer(hiddenSize, intermediateSize, heads, windows, tokens);
        Step step = new Step(hiddenSize, intermediateSize, heads, windows, tokens)) {
      for (int i = 0; i < warmUp; i++) {
        step.run();
      }
      peer.step();
      for (int round = 0; round < rounds; round++) {
        double own = seconds(step::run);
        double other = peer.step();
        ours.add(own);
        theirs.add(other);
        ratios.add(own / other);
      }
      bound = median(step.linearProducts(Math.min(rounds, 7)));
      peerMemory = peer.finish();
    }
    System.out.printf(
        Locale.ROOT,
        "hidden %d / ffn %d / %d heads / %d x %d tokens: Coppice %.4f s, PyTorch %.4f s, ratio"
            + " %.2f; its linear layers' products alone %.4f s (%.0f %% of the step); peak resident"
            + " %d and %d MiB%n",
        hiddenSize,
        intermediateSize,
        heads,
        windows,
        tokens,
        median(ours),
        median(theirs),
        median(ratios),
        bound,
        100 * bound / median(ours),
        peakResident(),
        peerMemory);
    assertThat(ours).hasSize(rounds);
  }

  /** One block with its gradients, optimisers and activations. */
  private static final class Step implements AutoCloseable {
    private final Arena arena = Arena.unbounded("benchmark");
    private final Blas blas = BlasProvider.blas();
    private final LanguageModel model;
    private final int tokens;
    private final DecoderBlock block;
    private final BlockWeights weights;
    private final BlockWeights gradients;
    private final List<AdamW> optimizers = new ArrayList<>();
    private final MeanSquaredError loss = new MeanSquaredError();
    private final Tensor input;
    private final Tensor target;
    private final Tensor output;
    private final Tensor outputGradient;
    private int steps;

    Step(int hiddenSize, int intermediateSize, int heads, int windows, int tokens)
        throws IOException {
      this.tokens = tokens;
      model = model(hiddenSize, intermediateSize, heads, tokens);
      int rows = windows * tokens;
      block = model.newBlock(BlockWorkspace.forTraining(blas, arena, rows, tokens));
      weights = BlockWeights.allocate(model.blockWeights(), arena);
      gradients = BlockWeights.allocate(model.blockWeights(), arena);
      Random random = new Random(1);
      for (WeightShape shape : model.blockWeights()) {
        Tensor weight = weights.tensor(shape.name());
        fill(weight, random, 1 / (float) Math.sqrt(shape.columns()), shape.isPrunable());
        optimizers.add(
            shape.isPrunable()
                ? AdamW.forKept(weight, arena)
                : AdamW.dense(weight, AdamW.Settings.DEFAULT, arena));
      }
      input = arena.tensor(rows, hiddenSize);
      target = arena.tensor(rows, hiddenSize);
      output = arena.tensor(rows, hiddenSize);
      outputGradient = arena.tensor(rows, hiddenSize);
      fill(input, random, 1, false);
      fill(target, random, 1, false);
    }

    void run() {
      block.forward(weights, input, tokens, output, DecoderBlock.UNOBSERVED);
      loss.lossAndGradient(output, target, output.size(), outputGradient);
      block.backwardWeights(
          weights, input, tokens, outputGradient, WeightGradients.overwriting(gradients));
      steps++;
      List<WeightShape> shapes = model.blockWeights();
      for (int i = 0; i < shapes.size(); i++) {
        String name = shapes.get(i).name();
        optimizers.get(i).step(weights.tensor(name), gradients.tensor(name), 1e-4, steps);
      }
    }

    /** Seconds of the products that a step cannot do without: three for each linear layer. */
    List<Double> linearProducts(int rounds) {
      List<Double> times = new ArrayList<>();
      int widest =
          model.blockWeights().stream().mapToInt(shape -> shape.rows()).max().orElseThrow();
      Tensor wide = arena.tensor(input.rows(), Math.max(widest, model.hiddenSize()));
      Tensor narrow = arena.tensor(input.rows(), Math.max(widest, model.hiddenSize()));
      for (int round = 0; round < rounds; round++) {
        times.add(
            seconds(
                () -> {
                  for (WeightShape shape : model.blockWeights()) {
                    if (shape.isPrunable()) {
                      Tensor weight = weights.tensor(shape.name());
                      Tensor x = narrow.columns(0, shape.columns());
                      Tensor y = wide.columns(0, shape.rows());
                      blas.multiplyTransposedB(1, x, weight, 0, y);
                      blas.multiply(1, y, weight, 0, x);
                      blas.multiplyTransposedA(1, y, x, 0, gradients.tensor(shape.name()));
                    }
                  }
                }));
      }
      return times;
    }

    @Override
    public void close() {
      arena.close();
    }
  }

  /** The PyTorch process, which makes a step on request. */
  private static final class Peer implements AutoCloseable {
    private final Process process;
    private final PrintWriter in;
    private final BufferedReader out;

    Peer(int... numbers) throws Exception {
      Path script = Path.of(Peer.class.getResource("/benchmark/block_step.py").toURI());
      List<String> command = new ArrayList<>(List.of(PYTHON.toString(), script.toString()));
      for (int number : numbers) {
        command.add(Integer.toString(number));
      }
      ProcessBuilder builder = new ProcessBuilder(command);
      // Debian's OpenBLAS mistakes newer processors for old ones; this makes the comparison fair.
      builder.environment().put("OPENBLAS_CORETYPE", "SkylakeX");
      builder.environment().put("OMP_NUM_THREADS", "1");
      builder.redirectError(ProcessBuilder.Redirect.INHERIT);
      process = builder.start();
      in = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
      out = process.inputReader(StandardCharsets.UTF_8);
    }

    double step() throws IOException {
      in.println();
      String line = out.readLine();
      assumeTrue(line != null, PYTHON + " has no PyTorch");
      return Double.parseDouble(line);
    }

    long finish() throws IOException {
      in.close();
      return Long.parseLong(out.readLine().strip());
    }

    @Override
    public void close() {
      process.destroy();
    }
  }

  private static double seconds(Runnable work) {
    long begun = System.nanoTime();
    work.run();
    return (System.nanoTime() - begun) / 1e9;
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
  }

  private static long peakResident() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
        .findFirst()
        .orElse(-1);
  }

  private static void fill(Tensor tensor, Random random, float deviation, boolean masked) {
    float[] row = new float[tensor.columns()];
    for (int i = 0; i < tensor.rows(); i++) {
      for (int j = 0; j < row.length; j++) {
        float value = deviation * (random.nextFloat() - 0.5f) * 3.46f;
        row[j] = masked && random.nextBoolean() ? 0 : value;
      }
      tensor.writeRow(i, row);
    }
  }

  private static LanguageModel model(int hidden, int intermediate, int heads, int tokens)
      throws IOException {
    return ModelFamilies.parse(
        new ObjectMapper()
            .readTree(
                """
                {"architectures": ["LlamaForCausalLM"], "hidden_size": %d, "intermediate_size": %d,
                 "num_hidden_layers": 1, "num_attention_heads": %d, "vocab_size": 8,
                 "max_position_embeddings": %d, "rms_norm_eps": 1e-5, "hidden_act": "silu"}
                """
                    .formatted(hidden, intermediate, heads, tokens)));
  }
}
