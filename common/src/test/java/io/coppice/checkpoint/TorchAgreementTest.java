package io.coppice.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.coppice.failure.InvalidDataException;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** PyTorch reads files that Coppice wrote, and vice versa; skipped where there is no PyTorch. */
class TorchAgreementTest {
  private static final Path PYTHON = Path.of("/usr/bin/python3");
  private static final int ROWS = 400;
  private static final int COLUMNS = 1000;

  @TempDir private Path folder;

  @Test
  void filesHoldTheSameHalvesAsThoseOfTorch() throws Exception {
    assumeTorch();
    try (Arena arena = Arena.unbounded("test")) {
      Tensor values = values(arena);
      for (DataType type : List.of(DataType.F32, DataType.F16, DataType.BF16)) {
        Path file = folder.resolve(type + ".safetensors");
        try (SafetensorsWriter writer =
            SafetensorsWriter.create(
                RawFile.hadoop(file),
                new Configuration(),
                List.of(TensorSpec.matrix("w", type, ROWS, COLUMNS)))) {
          writer.write("w", values);
          writer.commit();
        }
      }
    }
    Outcome outcome = run(script("check_with_torch.py").toString(), folder.toString());
    assertThat(outcome.output().strip()).isEqualTo(String.valueOf(ROWS * COLUMNS));
  }

  @Test
  void filesSavedByTorchAreReadBitForBit() throws Exception {
    assumeTorch();
    Outcome outcome = run(script("save_with_torch.py").toString(), folder.toString());
    assertThat(outcome.exitCode()).as(outcome.output()).isZero();
    Checkpoint checkpoint = open("sound");
    Set<String> expected;
    try (Stream<Path> files = Files.list(folder.resolve("expected"))) {
      expected = files.map(file -> file.getFileName().toString()).collect(Collectors.toSet());
    }
    assertThat(checkpoint.names()).isEqualTo(expected).hasSizeGreaterThan(300);
    assertThat(checkpoint.entry("f16.permuted").shape()).containsExactly(90L, 7L, 10L);
    assertThat(checkpoint.entry("torch.complex64").type()).isEqualTo(DataType.C64);
    try (WeightsFile file = checkpoint.openShard("model.safetensors")) {
      for (TensorEntry entry : file.entries()) {
        byte[] bytes = new byte[(int) entry.bytes()];
        file.readBytes(entry, 0, bytes, bytes.length);
        assertThat(bytes)
            .as(entry.name())
            .isEqualTo(Files.readAllBytes(folder.resolve("expected").resolve(entry.name())));
      }
    }
    refused("legacy", "is in the format that PyTorch wrote before version 1.6");
    refused("script", "is a TorchScript program");
    refused("nested", "has a dictionary of its own under 'state_dict'");
    refused("whole", "asks for 'torch.nn.modules.linear.Linear'");
  }

  private Checkpoint open(String model) {
    ModelOnDisk.text(folder.resolve(model), "config.json", "{}");
    return Checkpoint.open(RawFile.hadoop(folder.resolve(model)), new Configuration());
  }

  private void refused(String model, String fragment) {
    assertThatThrownBy(() -> open(model))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining(fragment);
  }

  private void assumeTorch() throws IOException, InterruptedException {
    assumeThat(PYTHON).isExecutable();
    assumeThat(run("-c", "import torch").exitCode()).as("import torch").isZero();
  }

  /** Every sign, exponent and first bits of the mantissa that a half can hold, ties included. */
  private static Tensor values(Arena arena) {
    Tensor values = arena.tensor(ROWS, COLUMNS);
    Random random = new Random(3);
    float[] row = new float[COLUMNS];
    for (int i = 0; i < ROWS; i++) {
      for (int j = 0; j < COLUMNS; j++) {
        int exponent = 127 - 30 + random.nextInt(45);
        int mantissa = random.nextInt(1 << 23) & (j % 2 == 0 ? -1 : 0x7ff000);
        row[j] = Float.intBitsToFloat(random.nextInt(2) << 31 | exponent << 23 | mantissa);
      }
      values.writeRow(i, row);
    }
    return values;
  }

  private record Outcome(int exitCode, String output) {}

  private Outcome run(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(PYTHON.toString()));
    command.addAll(List.of(arguments));
    Path output = folder.resolve("output.txt");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
    return new Outcome(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
  }

  private static Path script(String name) throws URISyntaxException {
    return Path.of(TorchAgreementTest.class.getResource("/checkpoint/" + name).toURI());
  }
}
