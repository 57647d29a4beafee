package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.job.cluster.ModelOnCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A trained model in forms that others publish, and its perplexity in each, which a float64
 * implementation agrees with. Skipped where the script that makes them, or its Python, is missing.
 */
class SharedCasesEndToEndTest {
  private static final Path PYTHON = Path.of("/usr/bin/python3");

  @TempDir private static Path cases;

  @BeforeAll
  static void make() throws Exception {
    assumeThat(PYTHON).isExecutable();
    assumeThat(run("-c", "import numpy")).as("import numpy").isZero();
    assertThat(run(SharedData.cases().toString(), cases.toString())).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "rope-parameters-without-type, 7.860063",
    "leftover-quantization, 7.348566",
    "header-metadata-null, 7.348566",
    "fewer-layers, 70.587384"
  })
  void aModelAsPublishedHasItsKnownPerplexity(String model, double perplexity) throws Exception {
    assertThat(perplexity(cases.resolve(model))).isCloseTo(perplexity, within(1e-4 * perplexity));
  }

  @Test
  void unusedBlocksAreNamed() throws Exception {
    try (Warnings warnings = Warnings.of(ModelOnCluster.class)) {
      perplexity(cases.resolve("fewer-layers"));
      assertThat(warnings.lines())
          .containsExactly(
              "18 tensors are not used, for config.json does not call for them: "
                  + "model.layers.3.* to model.layers.4.*");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "no-architectures, config.json lacks the key architectures",
    "tokenizer-is-a-pointer, tokenizer.json is a Git LFS pointer instead of the file itself"
  })
  void whatIsMissingIsTold(String model, String words) {
    Program program = evaluate(cases.resolve(model));
    assertThat(program.sentence()).contains(words);
    assertThat(program.exitCode()).isEqualTo(3);
  }

  @Test
  void thePrunedModelMakesNoClaimOfAQuantization() throws Exception {
    Path dense = cases.resolve("leftover-quantization");
    Path sparse = cases.resolve("sparse");
    Program.succeed(
        "prune",
        "--model",
        dense.toString(),
        "--calibration",
        cases.resolve("text.jsonl").toString(),
        "--output",
        sparse.toString(),
        "--samples",
        "8",
        "--sequence-length",
        "64",
        "--reconstruct",
        "lr",
        "--method",
        "magnitude",
        "--sparsity",
        "0.1");
    String config = Files.readString(dense.resolve("config.json"));
    int key = config.indexOf(",\n \"quantization_config\"");
    assertThat(sparse.resolve("config.json")).hasContent(config.substring(0, key) + "\n}");
    assertThatCode(() -> perplexity(sparse)).doesNotThrowAnyException();
  }

  private static double perplexity(Path model) throws Exception {
    JsonNode json = new ObjectMapper().readTree(evaluate(model).succeeded().out());
    return json.required("perplexity").required("text").required("perplexity").doubleValue();
  }

  private static Program evaluate(Path model) {
    return Program.run(
        "evaluate",
        "--model",
        model.toString(),
        "--text",
        cases.resolve("text.jsonl").toString(),
        "--sequence-length",
        "64");
  }

  private static int run(String... arguments) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(PYTHON.toString());
    builder.command().addAll(List.of(arguments));
    Process process =
        builder
            .redirectErrorStream(true)
            .redirectOutput(cases.resolve("python.log").toFile())
            .start();
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
    return process.exitValue();
  }
}
