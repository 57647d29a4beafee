package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which blocks cross-block reconstruction trains together, and when. */
class CrossBlockEndToEndTest {
  @TempDir private Path folder;
  private Path output;

  @BeforeEach
  void name() {
    output = folder.resolve("sparse");
  }

  @Test
  void sequentiallyEachBlockTrainsWithTheOneBeforeAndThenWithTheOneBehind() {
    List<JsonNode> lines = prune("--schedule sequential --epochs 2");

    // Rounds −1 to 4 of five blocks: 0, 01, 12, 23, 34, 4; all epochs in each.
    assertThat(lines)
        .extracting(CrossBlockEndToEndTest::blockAndWave)
        .containsExactly("0.1", "0.2", "1.1", "1.2", "2.1", "2.2", "3.1", "3.2", "4.1", "4.2");
    assertThat(lines)
        .extracting(line -> line.required("layers").isEmpty())
        .containsExactly(false, true, false, true, false, true, false, true, false, true);
    assertThat(lines).allSatisfy(line -> assertThat(line.required("epochs")).hasSize(3));
    assertThat(lines.get(1).required("epochs")).isEqualTo(lines.get(2).required("epochs"));
    assertThat(lines)
        .allSatisfy(line -> assertThat(line.required("sparsity").doubleValue()).isEqualTo(0.5));
  }

  @Test
  void inWavesPairsAlternate() {
    List<JsonNode> lines = prune("--waves 2 --epochs 2");

    assertThat(lines)
        .extracting(CrossBlockEndToEndTest::blockAndWave)
        .containsExactly("0.1", "1.1", "2.1", "3.1", "4.1", "0.2", "1.2", "2.2", "3.2", "4.2");
    // Blocks that are trained together have their errors in common.
    assertThat(partners(lines.subList(0, 5))).containsExactly(1, 3);
    assertThat(partners(lines.subList(5, 10))).containsExactly(2, 4);
  }

  private static List<Integer> partners(List<JsonNode> blocks) {
    List<Integer> partners = new ArrayList<>();
    for (int i = 1; i < blocks.size(); i++) {
      if (blocks.get(i).required("epochs").equals(blocks.get(i - 1).required("epochs"))) {
        partners.add(blocks.get(i).required("block").intValue());
      }
    }
    return partners;
  }

  private static String blockAndWave(JsonNode line) {
    return line.required("block").intValue() + "." + line.required("wave").intValue();
  }

  private List<JsonNode> prune(String more) {
    Program.succeed(
        Program.words(
            "prune --model " + SharedData.stories(),
            "--calibration " + SharedData.calibrationText(),
            "--output " + output,
            "--samples 16 --sequence-length 64 --reconstruct cr",
            more));
    return Measured.metrics(output);
  }
}
