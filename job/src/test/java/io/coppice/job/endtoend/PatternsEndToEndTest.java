package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.prune.PruningMethod;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Where zeros stand in a checkpoint, as {@code inspect} finds them. */
class PatternsEndToEndTest {
  @TempDir private Path folder;
  private Path model;
  private Path text;

  @BeforeEach
  void write() {
    model = SmallModel.write(folder.resolve("model"));
    text = SmallModel.text(folder.resolve("text.jsonl"), 60, 40);
  }

  @ParameterizedTest
  @EnumSource(PruningMethod.class)
  void everyLayerKeepsTwoOfFour(PruningMethod method) {
    List<String> layers = inspect(prune("--pattern 2:4 --waves 2 --method " + method));

    assertThat(layers).hasSize(7 * SmallModel.BLOCKS);
    assertThat(layers).allSatisfy(layer -> assertThat(layer).endsWith(" 50.00 % 2:4 4:8"));
  }

  @Test
  void oneOfFourIsThreeQuartersSparse() {
    Path sparse = prune("--pattern 1:4 --schedule sequential --reconstruct br");

    assertThat(inspect(sparse))
        .allSatisfy(layer -> assertThat(layer).endsWith(" 75.00 % 1:4 2:4 4:8"));
    assertThat(Measured.mean(sparse, "sparsity")).isEqualTo(0.75);
  }

  @Test
  void theLastOverrideThatMatchesCounts() {
    Path sparse =
        prune(
            "--reconstruct gp --overrides model.layers.1.*=dense --overrides *.down_proj.weight=4:8"
                + " --overrides *.0.self_attn.[qk]_proj.weight=0.25 --waves 2");

    Map<String, String> expected = new TreeMap<>();
    for (String layer : List.of("v_proj", "o_proj", "gate_proj", "up_proj")) {
      expected.put("0." + layer, "50.00 %");
      expected.put("1." + layer, "0.00 %");
    }
    expected.put("0.q_proj", "25.00 %");
    expected.put("0.k_proj", "25.00 %");
    expected.put("1.q_proj", "0.00 %");
    expected.put("1.k_proj", "0.00 %");
    expected.put("0.down_proj", "50.00 % 4:8");
    expected.put("1.down_proj", "50.00 % 4:8");
    assertThat(named(inspect(sparse))).isEqualTo(expected);

    // q 16·16, k and v 8·16, o 16·16, gate, up and down 16·24
    double weights = 256 + 128 + 128 + 256 + 3 * 384;
    List<JsonNode> blocks = Measured.lastWave(sparse);
    assertThat(blocks.get(0).required("sparsity").doubleValue())
        .isEqualTo((64 + 32 + 64 + 128 + 3 * 192) / weights);
    assertThat(blocks.get(1).required("sparsity").doubleValue()).isEqualTo(192 / weights);
  }

  @ParameterizedTest
  @EnumSource(PruningMethod.class)
  void aRefitLowersEveryLayersErrorAndKeepsThePattern(PruningMethod method) {
    Path sparse =
        prune(
            "--pattern 2:4 --refit --reconstruct lr --overrides *.k_proj.weight=dense --method "
                + method);

    assertThat(inspect(sparse))
        .filteredOn(layer -> !layer.contains("k_proj"))
        .allSatisfy(layer -> assertThat(layer).endsWith(" 50.00 % 2:4 4:8"));
    for (JsonNode block : Measured.lastWave(sparse)) {
      for (JsonNode layer : block.required("layers")) {
        boolean dense = layer.required("name").textValue().contains("k_proj");
        assertThat(layer.required("pattern").textValue()).isEqualTo(dense ? "dense" : "2:4");
        assertThat(layer.has("output_error_refitted")).isEqualTo(!dense);
        if (!dense) {
          assertThat(layer.required("output_error_refitted").doubleValue())
              .isBetween(0.0, layer.required("output_error_pruned").doubleValue());
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(PruningMethod.class)
  void owlPrunesExactlyWhatWasAskedForInAll(PruningMethod method) {
    String options =
        "--allocation owl --owl-outlier-multiple 2 --sparsity 0.37 --refit --reconstruct lr"
            + " --overrides *.1.self_attn.k_proj.weight=dense --method "
            + method;
    List<String> layers = inspect(prune("local[2]", options));

    // Two blocks of 256 + 128 + 128 + 256 + 3 · 384 weights, without the dense layer's 128.
    long first = layers.stream().limit(7).mapToLong(PatternsEndToEndTest::zeros).sum();
    long second = layers.stream().skip(7).mapToLong(PatternsEndToEndTest::zeros).sum();
    assertThat(first + second).isEqualTo((long) (0.37 * (2 * 1920 - 128)));
    assertThat(first / 1920.0).isBetween(0.37 - 0.081, 0.37 + 0.081);
    assertThat(second / 1792.0).isBetween(0.37 - 0.081, 0.37 + 0.081);
    assertThat(Math.abs(first / 1920.0 - second / 1792.0)).isGreaterThan(0.07);
    assertThat(layers.get(8)).endsWith(" 0.00 %");

    Map<String, String> bytes = Folders.checkpoint(folder.resolve("sparse"));
    prune("local[1]", options + " --overwrite");
    assertThat(Folders.checkpoint(folder.resolve("sparse"))).isEqualTo(bytes);
  }

  /** From shape and percentage, which is exact enough for these small layers. */
  private static long zeros(String layer) {
    String[] words = layer.split("\\s+");
    double size = Double.parseDouble(words[1]) * Double.parseDouble(words[3]);
    return Math.round(size * Double.parseDouble(words[5]) / 100);
  }

  /** Block and layer to sparsity and patterns. */
  private static Map<String, String> named(List<String> layers) {
    Map<String, String> named = new TreeMap<>();
    for (int i = 0; i < layers.size(); i++) {
      String[] words = layers.get(i).split("\\s+", 6);
      named.put(i / 7 + "." + words[0].split("\\.")[1], words[5]);
    }
    return named;
  }

  private Path prune(String more) {
    return prune("local[2]", more);
  }

  private Path prune(String master, String more) {
    Path output = folder.resolve("sparse");
    Program.on(
            master,
            Program.words(
                "prune --model %s --calibration %s --output %s".formatted(model, text, output),
                "--samples 16 --sequence-length 32 --epochs 2",
                more))
        .succeeded();
    return output;
  }

  /** The line about each layer, in the order of blocks. */
  private static List<String> inspect(Path model) {
    List<String> layers = new ArrayList<>();
    Program.succeed("inspect", "--model", model.toString())
        .out()
        .lines()
        .filter(line -> line.startsWith("  "))
        .forEach(line -> layers.add(line.strip()));
    return layers;
  }
}
