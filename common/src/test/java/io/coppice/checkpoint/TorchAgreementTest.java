package io.coppice.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

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
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** PyTorch reads what Coppice wrote; skipped where there is none. */
class TorchAgreementTest {
  private static final Path PYTHON = Path.of("/usr/bin/python3");
  private static final int ROWS = 400;
  private static final int COLUMNS = 1000;

  @TempDir private Path folder;

  @Test
  void filesHoldWhatTorchMakesOfTheSameFloats() throws Exception {
    assumeThat(PYTHON).isExecutable();
    assumeThat(run("-c", "import torch").exitCode()).as("import torch").isZero();
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
    Outcome outcome = run(script().toString(), folder.toString());
    assertThat(outcome.output().strip()).isEqualTo(String.valueOf(ROWS * COLUMNS));
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

  private static Path script() throws URISyntaxException {
    return Path.of(TorchAgreementTest.class.getResource("/checkpoint/check_with_torch.py").toURI());
  }
}
