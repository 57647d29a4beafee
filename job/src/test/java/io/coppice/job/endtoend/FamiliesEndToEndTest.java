package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.checkpoint.Checkpoint;
import io.coppice.checkpoint.DataType;
import io.coppice.checkpoint.TensorEntry;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every family goes through the whole program and comes out in its own form. */
class FamiliesEndToEndTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource
  void aFamilyIsPrunedAndReadAgain(SmallFamily family) throws Exception {
    Path dense = dense(family);

    Path sparse = prune(dense);

    requireSameForm(dense, sparse);
    requireTrained(dense, sparse);
    Program inspected = Program.succeed("inspect", "--model", sparse.toString());
    for (int block = 0; block < SmallModel.BLOCKS; block++) {
      assertThat(inspected.out().lines()).contains("block %d: 50.00 %%".formatted(block));
    }
    new TorchLogits(folder).requireSame(sparse, 40);
  }

  /** OPT in 16 bits, as its checkpoints are. */
  private Path dense(SmallFamily family) throws IOException {
    DataType type = family.name().startsWith("OPT") ? DataType.F16 : DataType.F32;
    Path source = SmallModel.write(folder.resolve("source"), family);
    return Rewritten.write(source, folder.resolve("dense"), type, 1);
  }

  private Path prune(Path dense) {
    Path sparse = folder.resolve("sparse");
    Program.succeed(
        "prune",
        "--model",
        dense.toString(),
        "--calibration",
        SmallModel.text(folder.resolve("text.jsonl"), 60, 40).toString(),
        "--output",
        sparse.toString(),
        "--samples",
        "16",
        "--sequence-length",
        "32",
        "--waves",
        "2",
        "--epochs",
        "2",
        "--learning-rate",
        "5e-3",
        "--select",
        "last",
        "--method",
        "sparsegpt",
        "--reconstruct",
        "gp");
    return sparse;
  }

  /** Same files and tensors; a tied head stays one. */
  private static void requireSameForm(Path dense, Path sparse) {
    Map<String, String> expected = Folders.contents(dense);
    Map<String, String> actual = Folders.checkpoint(sparse);
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.remove("model.safetensors");
    assertThat(actual).containsAllEntriesOf(Folders.withoutCard(expected));
    assertThat(open(sparse).shards()).isEqualTo(open(dense).shards());
    boolean tied = Logits.open(dense).model().headName().contains("embed");
    assertThat(open(sparse).contains("lm_head.weight")).isEqualTo(!tied);
  }

  /** All of a block is trained, biases and norms too; what lies outside the blocks stays. */
  private static void requireTrained(Path dense, Path sparse) {
    LanguageModel model = Logits.open(sparse).model();
    Set<String> trained = new HashSet<>();
    for (int block = 0; block < model.blockCount(); block++) {
      for (WeightShape shape : model.blockWeights()) {
        trained.add(model.blockName(block).of(shape));
      }
    }
    for (String name : open(dense).names()) {
      float[] before = read(open(dense), name);
      float[] after = read(open(sparse), name);
      if (!trained.contains(name)) {
        assertThat(after).as(name).isEqualTo(before);
      } else if (!name.endsWith("k_proj.bias")) {
        // A bias of the keys shifts all scores of a query alike, but for the rotation.
        assertThat(after).as(name).isNotEqualTo(before);
      }
    }
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
}
