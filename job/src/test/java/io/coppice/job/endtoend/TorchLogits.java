package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Compares logits with those of logits.py, a reader and models that share nothing with Coppice.
 *
 * @param folder for its output
 */
record TorchLogits(Path folder) {
  private static final Path PYTHON = Path.of("/usr/bin/python3");
  private static final double TOLERANCE = 1e-4;

  /** Skips the test where there is no PyTorch. */
  void require() throws Exception {
    assumeThat(PYTHON).isExecutable();
    assumeThat(python("-c", "import torch")).as("import torch").isZero();
  }

  /** Compares the logits after random tokens; skips the test where there is no PyTorch. */
  void requireSame(Path model, int tokens) throws Exception {
    require();
    int vocabulary = Logits.open(model).model().vocabularySize();
    int[] ids = new Random(5).ints(tokens, 0, vocabulary).toArray();
    String list = IntStream.of(ids).mapToObj(String::valueOf).collect(Collectors.joining(","));
    String script = Path.of(getClass().getResource("/endtoend/logits.py").toURI()).toString();

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

  private int python(String... arguments) throws IOException, InterruptedException {
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

  private String output() throws IOException {
    return Files.readString(folder.resolve("output.json"));
  }
}
