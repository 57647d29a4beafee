package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A table of many reconstructions says of each what that one alone comes to. */
class AblateEndToEndTest {
  private static final String TRAINING = "--epochs 2 ";
  private static final String ONE_QUICKLY = TRAINING + "--methods magnitude --levels lr ";

  @TempDir private static Path shared;
  private static SmallRun small;

  /** Twelve combinations in one run. */
  private static Path tables;

  private static Program program;

  /** The last of them alone. */
  private static Path sparse;

  /** Two levels, block by block. */
  private static Path sequential;

  @TempDir private Path folder;

  @BeforeAll
  static void combine() {
    small = SmallRun.write(shared);
    tables = shared.resolve("tables");
    program =
        Program.succeed(
            ablate(
                tables,
                TRAINING
                    + "--methods wanda,sparsegpt --patterns unstructured,2:4 --levels lr,gp,cr"
                    + " --seeds 3,5 --waves 2 --join bos --text "
                    + small.text()));
    sparse = prune(shared.resolve("sparse"), "--pattern 2:4 --reconstruct cr --seed 5 --waves 2");
    sequential = shared.resolve("sequential");
    Program.succeed(
        ablate(sequential, TRAINING + "--methods wanda --levels lr,br --schedule sequential"));
  }

  @Test
  void everyCombinationHasARowWithAllSeeds() {
    JsonNode rows = rows(tables);
    assertThat(rows).hasSize(12);
    for (JsonNode row : rows) {
      assertThat(row.required("error_calibration").required("seeds")).hasSize(2);
      assertThat(row.required("error_calibration").required("deviation").doubleValue())
          .isPositive();
    }
    assertThat(rows.get(11).required("pattern").textValue()).isEqualTo("2:4");
    assertThat(rows.get(11).required("method").textValue()).isEqualTo("sparsegpt");
    assertThat(rows.get(11).required("level").textValue()).isEqualTo("cr");
  }

  @ParameterizedTest
  @ValueSource(strings = {"error_calibration", "error_held_out"})
  void itsErrorsAreThoseOfARunOfItsOwn(String error) {
    assertThat(seed5(rows(tables).get(11).required(error)))
        .isEqualTo(Measured.run(sparse).required(error).doubleValue());
  }

  @Test
  void itsPerplexityIsThatOfItsCheckpoint() {
    assertThat(seed5(rows(tables).get(11).required("perplexity").required("text")))
        .isCloseTo(
            Measured.perplexity("local[2]", sparse, Path.of(small.text()), 64), within(1e-9));
  }

  @Test
  void whatIsPrintedIsWritten() throws IOException {
    assertThat(program.out()).isEqualTo(Files.readString(tables.resolve("ablation.md")));
  }

  @Test
  void theTableHasMethodsDownAndLevelsAcross() {
    assertThat(program.out().lines())
        .contains("|  | LR | BR + GP | BR + GP + CR |")
        .filteredOn(line -> line.startsWith("| wanda |") || line.startsWith("| sparsegpt |"))
        .hasSize(4)
        .allSatisfy(line -> assertThat(line).contains(" ± "));
  }

  @Test
  void figuresInJsonAreNotRounded() {
    double mean = mean(rows(tables).get(11), "error_calibration");
    assertThat(mean).isNotEqualTo(Math.round(mean * 1e6) / 1e6);
  }

  @Test
  void sequentiallyEachLevelPrunesOnItsOwnInputs() {
    JsonNode rows = rows(sequential);
    assertThat(rows).hasSize(2);
    assertThat(mean(rows.get(1), "relative_error_calibration"))
        .isLessThan(mean(rows.get(0), "relative_error_calibration"));
  }

  @Test
  void withoutATextThereIsNoPerplexity() {
    assertThat(rows(sequential)).allMatch(row -> row.required("perplexity").isEmpty());
  }

  @Test
  void oneSeedHasNoDeviation() {
    assertThat(rows(sequential))
        .allMatch(row -> row.required("error_calibration").required("deviation").isNull());
  }

  @Test
  void onlyTablesAreLeft() throws IOException {
    try (var files = Files.list(sequential)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .contains("ablation.json", "ablation.md")
          .noneMatch(name -> name.endsWith(".safetensors"));
    }
    assertThat(shared.resolve(".sequential.coppice-work")).doesNotExist();
  }

  @Test
  void anEarlierAblationIsReplacedIfAsked() {
    Path output = folder.resolve("out");
    Program.succeed(ablate(output, ONE_QUICKLY));
    assertThat(refused(output, ONE_QUICKLY)).contains("exists already", "--overwrite");

    Program.succeed(ablate(output, ONE_QUICKLY + "--sparsity 0.25 --overwrite"));

    assertThat(rows(output).get(0).required("sparsity").doubleValue()).isEqualTo(0.25);
  }

  @Test
  void whatAnInterruptedAblationLeftIsReplaced() throws IOException {
    Path output = folder.resolve("out");
    Files.createDirectories(folder.resolve(".coppice-staging-out"));
    Files.writeString(folder.resolve(".coppice-staging-out/ablation.json"), "{");
    Files.createDirectories(output);
    Files.writeString(output.resolve("ablation.md"), "|");

    Program.succeed(ablate(output, ONE_QUICKLY + "--overwrite"));

    assertThat(rows(output)).hasSize(1);
    assertThat(folder).isDirectoryNotContaining("glob:**staging**");
  }

  @Test
  void aModelIsNotReplacedByTables() {
    assertThat(refused(sparse, "--overwrite"))
        .contains("holds no ablation.json or ablation.md, so it is no ablation");
  }

  @Test
  void withoutHeldOutTextOnlyWhatIsMeasuredIsInTheTables() throws IOException {
    Path output = folder.resolve("out");
    String table =
        Program.succeed(ablate(output, ONE_QUICKLY + "--held-out 0 --select last")).out();

    assertThat(table)
        .containsPattern("(?m)^\\| magnitude \\| [0-9.]+ \\|$")
        .contains("In a cell: error of the last block on calibration text. No text was held out;")
        .doesNotContain("NaN");
    assertThat(Files.readString(output.resolve("ablation.json"))).doesNotContain("NaN");
    assertThat(rows(output).get(0).required("error_held_out").required("mean").isNull()).isTrue();
  }

  @Test
  void theSameTwiceIsRefused() {
    assertThat(refused(folder.resolve("out"), "--levels gp,gp")).contains("--levels", "twice");
  }

  @Test
  void textIsNotWrittenWhereNothingIsTrained() {
    assertThat(refused(folder.resolve("out"), "--levels lr --self-generated 4"))
        .contains("--self-generated", "--levels lr");
  }

  @Test
  void owlSpreadsOnlyWhatIsUnstructured() {
    assertThat(refused(folder.resolve("out"), "--allocation owl --patterns unstructured,2:4"))
        .contains("--patterns is 2:4");
  }

  @Test
  void overridesAndAllocationAreThoseOfPrune() {
    String pruning = "--overrides *.down_proj.weight=2:4 --allocation owl --owl-lambda 0.2 ";
    Path output = folder.resolve("out");
    Program.succeed(ablate(output, TRAINING + pruning + "--methods wanda --levels br"));
    Path alone = prune(folder.resolve("sparse"), pruning + "--method wanda --reconstruct br");

    assertThat(mean(rows(output).get(0), "error_held_out"))
        .isEqualTo(Measured.run(alone).required("error_held_out").doubleValue());
  }

  private static Path prune(Path output, String more) {
    Program.succeed(small.prune(output, TRAINING + more));
    return output;
  }

  private static String[] ablate(Path output, String more) {
    return small.ablate(output, more);
  }

  private static String refused(Path output, String more) {
    Program program = Program.run(ablate(output, more));
    assertThat(program.exitCode()).isEqualTo(2);
    return program.sentence();
  }

  private static JsonNode rows(Path output) {
    return Measured.json(output.resolve("ablation.json")).required("rows");
  }

  private static double mean(JsonNode row, String key) {
    return row.required(key).required("mean").doubleValue();
  }

  private static double seed5(JsonNode statistic) {
    return statistic.required("seeds").required("5").doubleValue();
  }
}
