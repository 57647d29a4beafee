package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.checkpoint.Checkpoint;
import io.coppice.checkpoint.DataType;
import io.coppice.checkpoint.SafetensorsFile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code prune --save bitmask} and {@code unpack}, and {@code --save-mask}. */
class ArchiveEndToEndTest {
  private static final String OPTIONS =
      "--reconstruct lr --method wanda --overrides *.v_proj.*=dense ";

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"F32, 1", "BF16, 2"})
  void unpackedItIsWhatIsSavedDense(DataType type, int shards) throws IOException {
    SmallRun small = small(type, shards);
    Path dense = folder.resolve("sparse");
    Path archive = folder.resolve("archive");
    Program.succeed(small.prune(dense, OPTIONS));
    Program.succeed(small.prune(archive, OPTIONS + "--save bitmask --save-mask"));
    Path unpacked = folder.resolve("unpacked");

    Program program =
        Program.succeed("unpack", "--model", archive.toString(), "--output", unpacked.toString());

    assertThat(program.out()).isEmpty();
    Map<String, String> expected = Folders.withoutCard(Folders.checkpoint(dense));
    assertThat(Folders.withoutCard(Folders.checkpoint(unpacked))).isEqualTo(expected);
    assertThat(unpacked.resolve("coppice/_SUCCESS")).exists();
    assertThat(unpacked.resolve("coppice/run.json")).exists();
    assertThat(Folders.checkpoint(archive).keySet()).isEqualTo(Folders.checkpoint(dense).keySet());
    assertThat(Checkpoint.open(hadoop(archive), new Configuration()).names())
        .contains(
            "model.layers.0.self_attn.q_proj.bitmask", "model.layers.0.self_attn.v_proj.weight");
    assertThat(archive.resolve("README.md")).content().contains("are packed", "coppice unpack");
    assertThat(unpacked.resolve("README.md"))
        .content()
        .contains("--save bitmask")
        .doesNotContain("are packed", "coppice unpack");
    requireMasks(archive, shards);
  }

  private static void requireMasks(Path archive, int shards) {
    String file = shards == 1 ? "mask.safetensors" : "mask-00001-of-00002.safetensors";
    try (SafetensorsFile masks =
        SafetensorsFile.open(
            hadoop(archive.resolve("coppice").resolve(file)), new Configuration())) {
      assertThat(masks.entries())
          .isNotEmpty()
          .allSatisfy(entry -> assertThat(entry.type()).isEqualTo(DataType.BOOL))
          .noneSatisfy(entry -> assertThat(entry.name()).contains("v_proj"))
          .allSatisfy(
              entry -> {
                byte[] mask = new byte[(int) entry.size()];
                masks.readBytes(entry, 0, mask, mask.length);
                int kept = 0;
                for (byte one : mask) {
                  kept += one;
                }
                assertThat(kept / (double) mask.length).isBetween(0.45, 0.55);
              });
    }
  }

  @Test
  void otherCommandsSayThatItIsAnArchiveAndABrokenOneIsRefused() throws IOException {
    SmallRun small = small(DataType.F16, 1);
    Path archive = folder.resolve("archive");
    Program.succeed(small.prune(archive, OPTIONS + "--save bitmask"));

    for (String command : new String[] {"inspect", "evaluate --text " + small.text()}) {
      Program program = Program.run(Program.words(command + " --model " + archive));
      assertThat(program.exitCode()).isEqualTo(3);
      assertThat(program.sentence())
          .contains("is a sparse-bitmask archive", "coppice unpack --model file:");
    }

    // The last byte of a bitmask.
    Path file = archive.resolve("model.safetensors");
    try (SafetensorsFile opened = SafetensorsFile.open(hadoop(file), new Configuration());
        RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(opened.entry("model.layers.0.mlp.up_proj.bitmask").end() - 1);
      int last = bytes.read();
      bytes.seek(opened.entry("model.layers.0.mlp.up_proj.bitmask").end() - 1);
      bytes.write(last ^ 1);
    }
    Files.deleteIfExists(archive.resolve(".model.safetensors.crc"));
    Path unpacked = folder.resolve("unpacked");
    Program broken =
        Program.run("unpack", "--model", archive.toString(), "--output", unpacked.toString());
    assertThat(broken.exitCode()).isEqualTo(3);
    assertThat(broken.sentence())
        .contains("model.layers.0.mlp.up_proj.weight", "bits are set", "get a sound copy");
    assertThat(unpacked).doesNotExist();
    assertThat(folder.resolve(".coppice-staging-unpacked")).doesNotExist();

    Program dense =
        Program.run("unpack", "--model", small.model(), "--output", unpacked.toString());
    assertThat(dense.exitCode()).isEqualTo(2);
    assertThat(dense.sentence()).contains("is no sparse-bitmask archive");
  }

  private SmallRun small(DataType type, int shards) throws IOException {
    SmallRun plain = SmallRun.write(folder);
    return new SmallRun(
        Rewritten.write(Path.of(plain.model()), folder.resolve("typed"), type, shards).toString(),
        plain.text());
  }

  private static org.apache.hadoop.fs.Path hadoop(Path path) {
    return new org.apache.hadoop.fs.Path(path.toUri());
  }
}
