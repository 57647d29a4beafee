package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.checkpoint.DataType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A model in pytorch_model.bin gives what the same model in safetensors files gives. */
class TorchEndToEndTest {
  private static final String INDEX = "model.safetensors.index.json";

  @TempDir private Path folder;

  /** OPT is published without the prefix; with it, transformers saves it again. */
  @ParameterizedTest
  @CsvSource({"OPT_WITHOUT_PREFIX, 1", "OPT, 2"})
  void prunedItIsTheSameInSafetensors(SmallFamily family, int shards) throws Exception {
    Path source = SmallModel.write(folder.resolve("source"), family);
    Path dense = Rewritten.write(source, folder.resolve("dense"), DataType.F16, shards);
    Path torch = TorchSaved.write(dense, folder.resolve("torch"));
    assertThat(torch.resolve("pytorch_model.bin").toFile().exists()).isEqualTo(shards == 1);

    Path expected = prune(dense, "expected");
    Path sparse = prune(torch, "sparse");

    Map<String, String> files = Folders.checkpoint(sparse);
    Map<String, String> expectedFiles = Folders.checkpoint(expected);
    assertThat(files.keySet()).isEqualTo(expectedFiles.keySet());
    if (shards > 1) {
      assertThat(index(sparse)).isEqualTo(index(expected));
      files.remove(INDEX);
      expectedFiles.remove(INDEX);
    }
    assertThat(Folders.withoutCard(files)).isEqualTo(Folders.withoutCard(expectedFiles));
    assertThat(Program.succeed("inspect", "--model", torch.toString()).out())
        .isEqualTo(Program.succeed("inspect", "--model", dense.toString()).out());
    new TorchLogits(folder).requireSame(sparse, 40);
  }

  @Test
  void whatAsksForMoreThanTensorsIsRefused() throws IOException {
    Path source = SmallModel.write(folder.resolve("source"), SmallFamily.OPT);
    Path torch = TorchSaved.write(source, folder.resolve("torch"));
    Path file = torch.resolve("pytorch_model.bin");
    String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
    Files.writeString(
        file,
        bytes.replaceFirst("ccollections\nOrderedDict\n", "ccollections\nDefaultDict\n"),
        StandardCharsets.ISO_8859_1);

    Program refused = Program.run("inspect", "--model", torch.toString());

    assertThat(refused.exitCode()).isEqualTo(3);
    assertThat(refused.sentence())
        .isEqualTo(
            ("file:%s asks for 'collections.DefaultDict', which holding tensors does not need, and"
                    + " nothing of it was run; if you trust it, convert the model to safetensors"
                    + " (transformers: save_pretrained)")
                .formatted(file));
  }

  private Path prune(Path model, String output) {
    Path sparse = folder.resolve(output);
    Program.succeed(
        "prune",
        "--model",
        model.toString(),
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
        "5e-3");
    return sparse;
  }

  private static JsonNode index(Path model) throws IOException {
    return new ObjectMapper().readTree(Files.readString(model.resolve(INDEX)));
  }
}
