package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a table of many reconstructions says is what each of them alone comes to. */
class AblateEndToEndTest {
  private static final String[] TRAINING = {
    "--samples", "16", "--sequence-length", "32", "--epochs", "2", "--learning-rate", "1e-3"
  };

  @TempDir private Path folder;
  private Path model;
  private Path text;

  @BeforeEach
  void write() {
    model = SmallModel.write(folder.resolve("model"));
    text = SmallModel.text(folder.resolve("text.jsonl"), 60, 70);
  }

  @Test
  void everyCombinationIsThatOfARunOfItsOwn() throws Exception {
    Program program =
        ablate(
            "--methods",
            "wanda,sparsegpt",
            "--patterns",
            "unstructured,2:4",
            "--levels",
            "lr,gp,cr",
            "--seeds",
            "3,5",
            "--waves",
            "2",
            "--text",
            text.toString(),
            "--join",
            "bos");

    JsonNode json = json();
    assertThat(json.required("rows")).hasSize(12);
    for (JsonNode row : json.required("rows")) {
      assertThat(row.required("error_calibration").required("seeds")).hasSize(2);
      assertThat(row.required("error_calibration").required("deviation").doubleValue())
          .isPositive();
    }
    JsonNode row = json.required("rows").get(11);
    assertThat(row.required("pattern").textValue()).isEqualTo("2:4");
    assertThat(row.required("method").textValue()).isEqualTo("sparsegpt");
    assertThat(row.required("level").textValue()).isEqualTo("cr");
    Path sparse = folder.resolve("sparse");
    Program.succeed(
        Program.with(
            Program.with(
                new String[] {
                  "prune",
                  "--model",
                  model.toString(),
                  "--calibration",
                  text.toString(),
                  "--output",
                  sparse.toString()
                },
                TRAINING),
            "--pattern",
            "2:4",
            "--reconstruct",
            "cr",
            "--seed",
            "5",
            "--waves",
            "2"));
    JsonNode run = new ObjectMapper().readTree(sparse.resolve("coppice/run.json").toFile());
    for (String error : List.of("error_calibration", "error_held_out")) {
      assertThat(row.required(error).required("seeds").required("5").doubleValue())
          .isEqualTo(run.required(error).doubleValue());
    }
    assertThat(
            row.required("perplexity")
                .required("text")
                .required("seeds")
                .required("5")
                .doubleValue())
        .isCloseTo(Measured.perplexity("local[2]", sparse, text, 64), within(1e-9));
    assertThat(program.out()).isEqualTo(Files.readString(folder.resolve("out/ablation.md")));
    assertThat(program.out().lines())
        .contains("|  | LR | BR + GP | BR + GP + CR |")
        .filteredOn(line -> line.startsWith("| wanda |") || line.startsWith("| sparsegpt |"))
        .hasSize(4)
        .allSatisfy(line -> assertThat(line).contains(" ± "));
  }

  @Test
  void sequentiallyEachLevelPrunesOnItsOwnInputs() throws Exception {
    ablate("--methods", "wanda", "--levels", "lr,br", "--schedule", "sequential");

    JsonNode rows = json().required("rows");
    assertThat(rows).hasSize(2);
    assertThat(mean(rows.get(1), "relative_error_calibration"))
        .isLessThan(mean(rows.get(0), "relative_error_calibration"));
    assertThat(rows.get(0).required("perplexity").isEmpty()).isTrue();
    assertThat(rows.get(0).required("error_calibration").required("deviation").isNull()).isTrue();
    try (var files = Files.list(folder.resolve("out"))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .contains("ablation.json", "ablation.md")
          .noneMatch(name -> name.endsWith(".safetensors"));
    }
    assertThat(folder.resolve(".out.coppice-work")).doesNotExist();
  }

  @Test
  void theSameTwiceIsRefused() {
    assertThat(refused("--levels", "gp,gp")).contains("--levels").contains("twice");
  }

  @Test
  void textIsNotWrittenWhereNothingIsTrained() {
    assertThat(refused("--levels", "lr", "--self-generated", "4"))
        .contains("--self-generated")
        .contains("--levels lr");
  }

  @Test
  void owlSpreadsOnlyWhatIsUnstructured() {
    assertThat(refused("--allocation", "owl", "--patterns", "unstructured,2:4"))
        .contains("--patterns is 2:4");
  }

  @Test
  void overridesAndAllocationAreThoseOfPrune() throws Exception {
    String[] pruning = {
      "--overrides", "*.down_proj.weight=2:4", "--allocation", "owl", "--owl-lambda", "0.2"
    };
    ablate(Program.with(pruning, "--methods", "wanda", "--levels", "br"));
    Path sparse = folder.resolve("sparse");
    Program.succeed(
        Program.with(
            Program.with(
                Program.with(
                    new String[] {
                      "prune",
                      "--model",
                      model.toString(),
                      "--calibration",
                      text.toString(),
                      "--output",
                      sparse.toString()
                    },
                    TRAINING),
                pruning),
            "--method",
            "wanda",
            "--reconstruct",
            "br"));
    JsonNode run = new ObjectMapper().readTree(sparse.resolve("coppice/run.json").toFile());
    assertThat(mean(json().required("rows").get(0), "error_held_out"))
        .isEqualTo(run.required("error_held_out").doubleValue());
  }

  private String refused(String... more) {
    Program program =
        Program.run(
            Program.with(
                new String[] {
                  "ablate",
                  "--model",
                  model.toString(),
                  "--calibration",
                  text.toString(),
                  "--output",
                  folder.resolve("out").toString()
                },
                more));
    assertThat(program.exitCode()).isEqualTo(2);
    return program.sentence();
  }

  private static double mean(JsonNode row, String key) {
    return row.required(key).required("mean").doubleValue();
  }

  private JsonNode json() throws IOException {
    return new ObjectMapper().readTree(folder.resolve("out/ablation.json").toFile());
  }

  private Program ablate(String... more) {
    return Program.succeed(
        Program.with(
            Program.with(
                new String[] {
                  "ablate",
                  "--model",
                  model.toString(),
                  "--calibration",
                  text.toString(),
                  "--output",
                  folder.resolve("out").toString()
                },
                TRAINING),
            more));
  }
}
