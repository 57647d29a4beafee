package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.text.CalibrationWindows;
import io.coppice.text.Tokenizer;
import io.coppice.text.WindowRequest;
import io.coppice.text.WindowSample;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run's report of its output agrees with the output itself. */
class RoundTripEndToEndTest {
  private static final int LENGTH = 64;

  @TempDir private Path folder;

  @Test
  void theReportedPerplexityIsThatOfTheOutput() throws Exception {
    Path sparse = folder.resolve("sparse");
    prune(SharedData.stories(), SharedData.calibrationText(), sparse, "");
    JsonNode run = Measured.run(sparse);

    CalibrationWindows windows = windows();
    assertThat(windows.fingerprint()).isEqualTo(run.required("windows_sha256").textValue());
    assertThat(run.required("perplexity_held_out_dense").doubleValue())
        .isCloseTo(
            perplexity(SharedData.stories(), windows.heldOut()), Percentage.withPercentage(1e-3));
    assertThat(run.required("perplexity_held_out_sparse").doubleValue())
        .isCloseTo(perplexity(sparse, windows.heldOut()), Percentage.withPercentage(1e-3))
        .isGreaterThan(run.required("perplexity_held_out_dense").doubleValue());
  }

  @Test
  void inspectionShowsHalfOfEveryBlock() {
    Path sparse = folder.resolve("sparse");
    prune(
        SmallModel.write(folder.resolve("model")),
        SmallModel.text(folder.resolve("text.jsonl"), 60, 70),
        sparse,
        "");

    Program dense = Program.succeed("inspect", "--model", folder.resolve("model").toString());
    Program pruned = Program.succeed("inspect", "--model", sparse.toString());

    for (int block = 0; block < SmallModel.BLOCKS; block++) {
      assertThat(dense.out().lines()).contains("block %d: 0.00 %%".formatted(block));
      assertThat(pruned.out().lines()).contains("block %d: 50.00 %%".formatted(block));
    }
  }

  @Test
  void withoutHeldOutTextTheRunSaysSoRatherThanZero() throws Exception {
    Path sparse = folder.resolve("sparse");
    prune(
        SmallModel.write(folder.resolve("model")),
        SmallModel.text(folder.resolve("text.jsonl"), 60, 70),
        sparse,
        "--held-out 0 --select last");

    JsonNode run = Measured.run(sparse);
    assertThat(run.required("error_held_out").isNull()).isTrue();
    assertThat(run.required("mean_relative_error_held_out").isNull()).isTrue();
    assertThat(run.required("mean_relative_error_calibration").doubleValue()).isPositive();
    assertThat(Files.readString(sparse.resolve("coppice/metrics.jsonl"))).doesNotContain("NaN");
  }

  private static void prune(Path dense, Path text, Path sparse, String more) {
    Program.succeed(
        Program.words(
            "prune --model %s --calibration %s --output %s".formatted(dense, text, sparse),
            "--samples 32 --epochs 2 --sequence-length " + LENGTH,
            more));
  }

  /** The windows that the run must have drawn. */
  private static CalibrationWindows windows() throws Exception {
    WindowSample sample =
        new WindowSample(new WindowRequest(32, 16, LENGTH, 0, WindowRequest.Cut.ANYWHERE));
    try (Tokenizer tokenizer =
        Tokenizer.load(
            new org.apache.hadoop.fs.Path(SharedData.stories().toUri()), new Configuration())) {
      for (String line : Files.readAllLines(SharedData.calibrationText())) {
        String text = new ObjectMapper().readTree(line).required("text").textValue();
        sample.add(text, story -> tokenizer.encode(story, true));
      }
    }
    return sample.windows("stories");
  }

  /** By softmax over all logits, in double. */
  private static double perplexity(Path model, int[][] windows) {
    double sum = 0;
    for (int[] window : windows) {
      var logits = Logits.of(Logits.open(model), window);
      for (int i = 0; i + 1 < window.length; i++) {
        double partition = 0;
        for (float logit : logits.get(i)) {
          partition += Math.exp(logit);
        }
        sum += (Math.log(partition) - logits.get(i)[window[i + 1]]) / (window.length - 1);
      }
    }
    return Math.exp(sum / windows.length);
  }
}
