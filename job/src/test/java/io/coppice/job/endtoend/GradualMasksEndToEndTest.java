package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Masks that are chosen in training, by the whole program. */
class GradualMasksEndToEndTest {
  private static final String GRADUAL = "--masks gradual --masks-interval 2 ";

  @TempDir private Path folder;
  private SmallRun small;
  private Path output;

  @BeforeEach
  void write() {
    small = SmallRun.write(folder);
    output = folder.resolve("sparse");
  }

  @ParameterizedTest
  @CsvSource({
    "magnitude, gp, waves --waves 2",
    "wanda, gp, sequential",
    "wanda, cr, waves --waves 2",
    "sparsegpt, cr, sequential",
    "sparsegpt, br, parallel",
    "wanda, auto, waves --waves 2"
  })
  void everyLayerIsAsSparseAsAsked(String method, String level, String schedule) {
    prune("--method %s --reconstruct %s --schedule %s --epochs 4", method, level, schedule);

    List<JsonNode> lines = Measured.lastWave(output);
    assertThat(lines)
        .hasSize(SmallModel.BLOCKS)
        .allSatisfy(line -> assertThat(line.required("sparsity").doubleValue()).isEqualTo(0.5));
    List<Double> layers = new ArrayList<>();
    for (JsonNode line : Measured.metrics(output)) {
      line.required("layers")
          .forEach(layer -> layers.add(layer.required("sparsity").doubleValue()));
    }
    assertThat(layers).hasSizeGreaterThanOrEqualTo(7 * SmallModel.BLOCKS).containsOnly(0.5);
  }

  @ParameterizedTest
  @CsvSource({"magnitude, 2:4", "wanda, 4:8", "sparsegpt, 2:4"})
  void groupsHaveTheirPatternInTheEnd(String method, String pattern) {
    prune("--method %s --pattern %s --waves 2 --epochs 4", method, pattern);

    String inspected = Program.succeed("inspect", "--model", output.toString()).out();
    assertThat(inspected.lines().filter(line -> line.contains("_proj")))
        .hasSize(7 * SmallModel.BLOCKS)
        .allSatisfy(line -> assertThat(line).contains(" 50.00 % ").contains(pattern));
    assertThat(Measured.metrics(output).get(0).required("epochs").get(0).required("masks_final"))
        .isEqualTo(BooleanNode.FALSE);
  }

  /** Of 8 steps (2 epochs) in the first wave, masks are final before the 7th, after epoch 1. */
  @Test
  void theRecordTellsMasksAndEpochsThatCouldNotBeKept() {
    prune("--method wanda --schedule waves --waves 2 --epochs %d", 4);

    JsonNode configuration = Measured.run(output).required("configuration");
    assertThat(configuration.required("masks").textValue()).isEqualTo("gradual");
    assertThat(configuration.required("masks-start").asDouble()).isEqualTo(0.3);
    assertThat(configuration.required("masks-interval").asInt()).isEqualTo(2);
    assertThat(configuration.required("masks-end").asDouble()).isEqualTo(0.8);
    for (JsonNode line : Measured.metrics(output)) {
      boolean first = line.required("wave").intValue() == 1;
      assertThat(
              StreamSupport.stream(line.required("epochs").spliterator(), false)
                  .filter(epoch -> !epoch.path("masks_final").asBoolean(true))
                  .map(epoch -> epoch.required("epoch").intValue()))
          .isEqualTo(first ? List.of(0, 1) : List.of());
    }
  }

  @Test
  void anotherPatternOwlAndDenseTensorsGoTogether() {
    String options =
        "--method wanda --waves 2 --epochs 4 --allocation owl --owl-lambda 0.1"
            + " --overrides *.down_proj.weight=2:4 --overrides *.0.self_attn.q_proj.weight=dense"
            + " --overrides *.0.self_attn.k_proj.weight=0.2 ";
    prune(options);
    String inspected = Program.succeed("inspect", "--model", output.toString()).out();
    assertThat(inspected.lines().filter(line -> line.contains("down_proj")))
        .hasSize(2)
        .allSatisfy(line -> assertThat(line).contains(" 50.00 % 2:4"));
    assertThat(inspected.lines().filter(line -> line.contains("q_proj")))
        .anySatisfy(line -> assertThat(line).contains(" 0.00 %"));
    Path atOnce = folder.resolve("at-once");
    Program.succeed(small.prune(atOnce, options));
    assertThat(sparsities(output)).isEqualTo(sparsities(atOnce));
  }

  @Test
  void executorsAndThreadsDoNotShow() {
    String options = GRADUAL + "--method wanda --waves 2 --epochs 4";
    Program.on("local[1]", small.prune(output, options)).succeeded();
    Path other = folder.resolve("other");
    Program.on("local[3]", small.prune(other, options)).succeeded();

    assertThat(Folders.checkpoint(other)).isEqualTo(Folders.checkpoint(output));
  }

  @Test
  void ablateComparesBothKinds() {
    Path tables = folder.resolve("tables");
    String training = "--waves 2 --epochs 4 --masks-interval 2 ";
    String table =
        Program.succeed(
                small.ablate(
                    tables, training + "--methods wanda --levels br,gp --masks at-once,gradual"))
            .out();
    assertThat(table).contains("|  | BR | BR + GP | BR, gradual masks | BR + GP, gradual masks |");

    JsonNode rows = Measured.json(tables.resolve("ablation.json")).required("rows");
    assertThat(rows).hasSize(4);
    assertThat(rows)
        .extracting(row -> row.required("masks").textValue() + " " + row.required("level"))
        .containsExactly("at-once \"br\"", "at-once \"gp\"", "gradual \"br\"", "gradual \"gp\"");
    prune("--method wanda --waves 2 --epochs %d --reconstruct gp", 4);
    JsonNode alone = Measured.run(output);
    JsonNode row = rows.get(3);
    assertThat(row.required("error_held_out").required("mean").doubleValue())
        .isEqualTo(alone.required("error_held_out").doubleValue())
        .isNotEqualTo(rows.get(1).required("error_held_out").required("mean").doubleValue());
  }

  @Test
  void otherMasksAreAnotherRun() {
    String options = GRADUAL + "--method wanda --waves 2 --epochs 4 --keep-work ";
    Program.succeed(small.prune(output, options));
    Program refused = Program.run(small.prune(output, options + "--overwrite --masks-end 0.5"));
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.sentence()).contains("masks-end");
  }

  private static List<String> sparsities(Path output) {
    return Measured.metrics(output).stream()
        .filter(line -> line.required("wave").intValue() == 1)
        .map(line -> line.required("layers").findValuesAsText("sparsity").toString())
        .toList();
  }

  private void prune(String options, Object... values) {
    Program.succeed(small.prune(output, GRADUAL + options.formatted(values)));
  }
}
