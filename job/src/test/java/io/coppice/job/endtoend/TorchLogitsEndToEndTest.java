package io.coppice.job.endtoend;

import io.coppice.checkpoint.DataType;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A written checkpoint is, to a reader and a model that share nothing with Coppice, what it is to
 * Coppice. Skipped where there is no PyTorch.
 */
class TorchLogitsEndToEndTest {
  @TempDir private Path folder;

  @BeforeEach
  void requireTorch() throws Exception {
    new TorchLogits(folder).require();
  }

  @Test
  void ofAShardedSmallModel() throws Exception {
    Path source = SmallModel.write(folder.resolve("source"));
    Path sparse =
        prune(
            Rewritten.write(source, folder.resolve("dense"), DataType.BF16, 2),
            SmallModel.text(folder.resolve("text.jsonl"), 60, 40));
    new TorchLogits(folder).requireSame(sparse, 40);
  }

  @Test
  void ofARealModel() throws Exception {
    Path sparse = prune(SharedData.stories(), SharedData.calibrationText());
    new TorchLogits(folder).requireSame(sparse, 200);
  }

  private Path prune(Path dense, Path text) {
    Path sparse = folder.resolve("sparse");
    Program.succeed(
        Program.words(
            "prune --model %s --calibration %s --output %s".formatted(dense, text, sparse),
            "--samples 16 --sequence-length 32 --epochs 2"));
    return sparse;
  }
}
