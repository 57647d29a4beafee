package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.checkpoint.DataType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A written checkpoint is, to a reader and a model that share nothing with Coppice, what it is to
 * Coppice. Skipped where there is no PyTorch.
 */
class TorchLogitsEndToEndTest {
  private static final Path PYTHON = Path.of("/usr/bin/python3");
  private static final double TOLERANCE = 1e-4;

  @TempDir private Path folder;

  @BeforeEach
  void requireTorch() throws Exception {
    assumeThat(PYTHON).isExecutable();
    assumeThat(python("-c", "import torch")).as("import torch").isZero();
  }

  @Test
  void ofAShardedSmallModel() throws Exception {
    Path source = SmallModel.write(folder.resolve("source"));
    requireSameLogits(
        prune(
            Rewritten.write(source, folder.resolve("dense"), DataType.BF16, 2),
            SmallModel.text(folder.resolve("text.jsonl"), 60, 40)),
        40);
  }

  @Test
  void ofARealModel() throws Exception {
    requireSameLogits(prune(SharedData.stories(), SharedData.calibrationText()), 200);
  }

  private Path prune(Path dense, Path text) {
    Path sparse = folder.resolve("sparse");
    Program.succeed(
        "prune",
        "--model",
        dense.toString(),
        "--calibration",
        text.toString(),
        "--output",
        sparse.toString(),
        "--samples",
        "16",
        "--sequence-length",
        "32",
        "--epochs",
        "2");
    return sparse;
  }

  private void requireSameLogits(Path model, int tokens) throws Exception {
    int vocabulary = Logits.open(model).model().vocabularySize();
    int[] ids = new Random(5).ints(tokens, 0, vocabulary).toArray();
    String list = IntStream.of(ids).mapToObj(String::valueOf).collect(Collectors.joining(","));
    String script = Path.of(getClass().getResource("/endtoend/llama_logits.py").toURI()).toString();

    assertThat(python(script, model.toString(), list)).as(output()).isZero();
    double[][] expected = new ObjectMapper().readValue(output(), double[][].class);
    List<float[]> actual = Logits.of(Logits.open(model), ids);

    double largest =
        Arrays.stream(expected).flatMapToDouble(Arrays::stream).map(Math::abs).max().orElseThrow();
    assertThat(actual).hasSize(tokens);
    for (int i = 0; i < tokens; i++) {
      assertThat(expected[i]).hasSize(vocabulary);
      for (int j = 0; j < vocabulary; j++) {
        assertThat((double) actual.get(i)[j])
            .as("token %d, logit %d", i, j)
            .isCloseTo(expected[i][j], within(TOLERANCE * largest));
      }
    }
  }

  private int python(String... arguments) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(PYTHON.toString());
    builder.command().addAll(List.of(arguments));
    Process process =
        builder
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("output.json").toFile())
            .start();
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
    return process.exitValue();
  }

  private String output() throws Exception {
    return Files.readString(folder.resolve("output.json"));
  }
}
