package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.checkpoint.Checkpoint;
import io.coppice.checkpoint.DataType;
import io.coppice.checkpoint.SafetensorsFile;
import io.coppice.checkpoint.TensorEntry;
import io.coppice.model.LanguageModel;
import io.coppice.model.ModelFamilies;
import io.coppice.model.WeightShape;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The sparse checkpoint is the dense one in all but the values of its pruned blocks. */
class OutputEndToEndTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "F32,  1, waves,      magnitude",
    "F16,  1, sequential, sparsegpt",
    "BF16, 3, waves,      wanda",
    "BF16, 1, parallel,   sparsegpt"
  })
  void aSmallModelKeepsItsForm(DataType type, int shards, String schedule, String method)
      throws IOException {
    Path dense =
        Rewritten.write(
            SmallModel.write(folder.resolve("source")), folder.resolve("dense"), type, shards);
    Path text = SmallModel.text(folder.resolve("text.jsonl"), 60, 40);

    Path sparse =
        prune(dense, text, "--schedule", schedule, "--method", method, "--sequence-length", "32");

    requireSameForm(dense, sparse);
    requireHalfSparse(sparse);
    requireRecord(sparse, schedule.equals("parallel") ? 1 : 2);
  }

  @ParameterizedTest
  @CsvSource({"BF16, 2", "F16, 1"})
  void aRealModelKeepsItsForm(DataType type, int shards) throws IOException {
    Path dense = Rewritten.write(SharedData.stories(), folder.resolve("dense"), type, shards);

    Path sparse = prune(dense, SharedData.calibrationText(), "--sequence-length", "64");

    requireSameForm(dense, sparse);
    requireHalfSparse(sparse);
    double lost =
        Measured.perplexity("local[2]", sparse, SharedData.testText(), 256)
            / Measured.perplexity("local[2]", dense, SharedData.testText(), 256);
    assertThat(lost).isBetween(1.0, 5.0);
  }

  @Test
  void whatWasTrainedIsWhatIsWritten() throws IOException {
    Path dense = SmallModel.write(folder.resolve("dense"));
    Path text = SmallModel.text(folder.resolve("text.jsonl"), 60, 40);
    Path work = folder.resolve("work");

    Path sparse =
        prune(dense, text, "--sequence-length", "32", "--work-dir", work.toString(), "--keep-work");

    Checkpoint written = open(sparse);
    for (int block = 0; block < SmallModel.BLOCKS; block++) {
      Map<String, float[]> trained =
          values(
              Folders.finished(work)
                  .resolve("blocks/best/wave-2/block-000%d.safetensors".formatted(block)));
      assertThat(trained).hasSize(9);
      trained.forEach((name, values) -> assertThat(read(written, name)).isEqualTo(values));
    }
  }

  @Test
  void anOutputIsReplacedOnlyWhenAskedFor() throws IOException {
    Path dense = SmallModel.write(folder.resolve("dense"));
    Path text = SmallModel.text(folder.resolve("text.jsonl"), 60, 40);
    Path sparse = prune(dense, text, "--sequence-length", "32");
    Map<String, String> first = Folders.contents(sparse);
    // What a run left that was killed while it put its output together.
    Path staging = SmallModel.write(folder.resolve(".coppice-staging-sparse/stale.txt"), "stale");

    assertThat(Program.run(arguments(dense, text, "--sequence-length", "32")).exitCode())
        .isEqualTo(2);
    assertThat(Folders.contents(sparse)).isEqualTo(first);

    prune(dense, text, "--sequence-length", "32", "--seed", "1", "--overwrite");
    assertThat(Folders.contents(sparse).keySet()).isEqualTo(first.keySet());
    assertThat(Folders.checkpoint(sparse).get("model.safetensors"))
        .isNotEqualTo(first.get("model.safetensors"));
    assertThat(staging.getParent()).doesNotExist();
  }

  @Test
  void whatTheSameCommandHasMadeIsSkippedWhenAskedFor() throws IOException {
    SmallRun small = SmallRun.write(folder);
    String output = folder.resolve("sparse").toString();
    String[] usual = {"--epochs", "2", "--skip-finished"};
    assertThat(Program.succeed(small.prune(output, usual)).err()).contains("dense pass");
    Map<String, String> first = Folders.contents(folder);

    Program again = Program.succeed(small.prune(output, Program.with(usual, "--overwrite")));
    assertThat(again.err()).doesNotContain("dense pass");
    assertThat(Folders.contents(folder)).isEqualTo(first);

    try (Warnings warnings = Warnings.of("io.coppice.job.run.PruneDependencies")) {
      Program.succeed(small.prune(output, usual));
      assertThat(warnings.lines()).isEmpty();
      Program.succeed(small.prune(output, Program.with(usual, "--text", small.text())));
      assertThat(warnings.lines())
          .singleElement()
          .asString()
          .contains("stays as it is, but this command measures other things", "text: ");
    }
    assertThat(Folders.contents(folder)).isEqualTo(first);

    Program other = Program.run(small.prune(output, Program.with(usual, "--seed", "1")));
    assertThat(other.exitCode()).isEqualTo(2);
    assertThat(other.sentence()).contains("exists already");
    assertThat(Folders.contents(folder)).isEqualTo(first);

    SmallModel.text(Path.of(small.text()), 121, 70);
    Program newText = Program.succeed(small.prune(output, Program.with(usual, "--overwrite")));
    assertThat(newText.err()).contains("dense pass");
  }

  @Test
  void whatIsNotWholeIsNotSkipped() throws IOException {
    SmallRun small = SmallRun.write(folder);
    Path output = folder.resolve("sparse");
    String[] usual = {"--epochs", "1", "--waves", "1", "--skip-finished"};
    for (String lost : List.of("coppice/_SUCCESS", "coppice/run.json")) {
      Program.succeed(small.prune(output.toString(), Program.with(usual, "--overwrite")));
      Files.delete(output.resolve(lost));

      Program refused = Program.run(small.prune(output.toString(), usual));

      assertThat(refused.sentence()).contains("exists already");
    }
  }

  private Path prune(Path dense, Path text, String... more) throws IOException {
    Program.succeed(arguments(dense, text, more));
    assertThat(folder.resolve(".sparse.coppice-work")).doesNotExist();
    assertThat(folder.resolve(".coppice-staging-sparse")).doesNotExist();
    assertThat(folder.resolve(".coppice-replaced-sparse")).doesNotExist();
    return folder.resolve("sparse");
  }

  private String[] arguments(Path dense, Path text, String... more) {
    String[] schedule =
        List.of(more).contains("--schedule") && !List.of(more).contains("waves")
            ? new String[0]
            : new String[] {"--waves", "2"};
    return Program.with(
        Program.with(
            Program.words(
                "prune --model %s --calibration %s".formatted(dense, text),
                "--output " + folder.resolve("sparse"),
                "--samples 32 --epochs 2 --learning-rate 1e-3"),
            schedule),
        more);
  }

  /** Same files, same tensors, same types; everything that is no weight is the same bytes. */
  private static void requireSameForm(Path dense, Path sparse) {
    Map<String, String> expected = Folders.contents(dense);
    Map<String, String> actual = Folders.checkpoint(sparse);
    // The card, which not every model has.
    expected.putIfAbsent("README.md", "");
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.keySet().removeIf(name -> name.endsWith(".safetensors"));
    assertThat(actual).containsAllEntriesOf(Folders.withoutCard(expected));
    assertThat(open(sparse).shards()).isEqualTo(open(dense).shards());
    assertThat(open(sparse).contains("lm_head.weight")).isFalse();
    for (String name : List.of("model.embed_tokens.weight", "model.norm.weight")) {
      assertThat(read(open(sparse), name)).isEqualTo(read(open(dense), name));
    }
  }

  private static void requireHalfSparse(Path folder) {
    Checkpoint checkpoint = open(folder);
    LanguageModel model = ModelFamilies.parse(checkpoint.config());
    for (int block = 0; block < model.blockCount(); block++) {
      long zeros = 0;
      long all = 0;
      for (WeightShape shape : model.blockWeights()) {
        if (shape.isPrunable()) {
          for (float value : read(checkpoint, model.blockName(block).of(shape))) {
            zeros += value == 0 ? 1 : 0;
            all++;
          }
        }
      }
      assertThat((double) zeros / all).as("block %d", block).isCloseTo(0.5, within(5e-4));
      assertThat(Measured.lastWave(folder).get(block).required("sparsity").doubleValue())
          .isCloseTo((double) zeros / all, within(1e-12));
    }
  }

  /** One line for every block and wave, with the documented keys. */
  private static void requireRecord(Path sparse, int waves) throws IOException {
    assertThat(Files.readAllLines(sparse.resolve("coppice/metrics.jsonl")))
        .hasSize(waves * SmallModel.BLOCKS);
    List<JsonNode> lines = Measured.lastWave(sparse);
    for (int block = 0; block < lines.size(); block++) {
      JsonNode line = lines.get(block);
      assertThat(line.required("block").intValue()).isEqualTo(block);
      assertThat(line.required("wave").intValue()).isEqualTo(waves);
      for (String key :
          List.of(
              "error_calibration",
              "error_held_out",
              "relative_error_calibration",
              "relative_error_held_out",
              "seconds",
              "seconds_waiting")) {
        assertThat(line.required(key).doubleValue()).as(key).isPositive();
      }
    }
    assertThat(sparse.resolve("coppice/run.json")).content().contains("\"sparsity\"");
  }

  private static Checkpoint open(Path folder) {
    return Checkpoint.open(new org.apache.hadoop.fs.Path(folder.toUri()), new Configuration());
  }

  private static float[] read(Checkpoint checkpoint, String name) {
    TensorEntry entry = checkpoint.entry(name);
    try (Arena arena = Arena.unbounded("test")) {
      Tensor tensor = arena.tensor((int) entry.rows(), (int) entry.columns());
      checkpoint.read(name, tensor);
      return tensor.toArray();
    }
  }

  private static Map<String, float[]> values(Path file) {
    Map<String, float[]> values = new TreeMap<>();
    try (SafetensorsFile opened =
            SafetensorsFile.open(new org.apache.hadoop.fs.Path(file.toUri()), new Configuration());
        Arena arena = Arena.unbounded("test")) {
      for (TensorEntry entry : opened.entries()) {
        Tensor tensor = arena.tensor((int) entry.rows(), (int) entry.columns());
        opened.read(entry.name(), tensor);
        values.put(entry.name(), tensor.toArray());
      }
    }
    return values;
  }
}
