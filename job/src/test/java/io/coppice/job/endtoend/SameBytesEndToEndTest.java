package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Precision;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same run gives the same bytes, however it is spread over cores and stores. */
class SameBytesEndToEndTest {
  @TempDir private Path folder;
  private SmallRun run;

  @BeforeEach
  void write() {
    run = SmallRun.write(folder);
  }

  @Test
  void ofASmallModelOnAnyNumberOfCoresAndWithEitherStore() {
    Map<String, String> expected = prune("one", "local[1]", "--waves 2 --activations broadcast");

    assertThat(prune("two", "local[2]", "--waves 2 --activations broadcast")).isEqualTo(expected);
    assertThat(prune("three", "local[3]", "--waves 2 --activations files")).isEqualTo(expected);
    assertThat(Folders.withoutCard(prune("seed", "local[2]", "--waves 2 --seed 1")))
        .isNotEqualTo(Folders.withoutCard(expected));
  }

  @Test
  void ofASmallModelBlockByBlock() {
    String sequential = "--schedule sequential --method wanda --reconstruct br ";
    Map<String, String> expected = prune("one", "local[1]", sequential);

    assertThat(prune("three", "local[3]", sequential + "--activations files")).isEqualTo(expected);
  }

  @Test
  void ofASmallModelAcrossBlocksAndLevels() {
    String sequential = "--schedule sequential --reconstruct cr ";
    Map<String, String> expected = prune("one", "local[1]", sequential);
    assertThat(prune("three", "local[3]", sequential + "--activations files")).isEqualTo(expected);

    Map<String, String> waves = prune("waves", "local[1]", "--waves 2 --reconstruct auto");
    assertThat(prune("more", "local[3]", "--waves 2 --reconstruct auto --activations files"))
        .isEqualTo(waves);
    assertThat(Folders.withoutCard(waves)).isNotEqualTo(Folders.withoutCard(expected));
  }

  @ParameterizedTest
  @EnumSource
  void ofASmallModelOnAnyNumberOfThreads(Precision precision) {
    String waves = "--waves 2 --precision " + precision.name().toLowerCase(Locale.ROOT);
    Map<String, String> expected = prune("one", "local[1]", waves + " --threads 1");

    assertThat(prune("two", "local[2]", waves + " --threads 2")).isEqualTo(expected);
    assertThat(prune("seven", "local[1]", waves + " --threads 7")).isEqualTo(expected);
  }

  @Test
  void whereThePrecisionIsFoundByAskingAsWhereItIsSaid() {
    boolean units = BlasProvider.blas().hasBf16Units();
    Map<String, String> said =
        prune("said", "local[2]", "--precision " + (units ? "bf16" : "float32"));
    Map<String, String> other =
        prune("other", "local[2]", "--precision " + (units ? "float32" : "bf16"));

    assertThat(Folders.withoutCard(prune("asked", "local[2]", "--precision auto")))
        .isEqualTo(Folders.withoutCard(said))
        .isNotEqualTo(Folders.withoutCard(other));
  }

  @Test
  void ofARealModel() {
    run = new SmallRun(SharedData.stories().toString(), SharedData.calibrationText().toString());

    assertThat(prune("two", "local[2]", "--waves 2 --activations files"))
        .isEqualTo(prune("one", "local[1]", "--waves 2"));
  }

  private Map<String, String> prune(String name, String master, String more) {
    Path output = folder.resolve(name);
    Program.on(master, run.prune(output, "--epochs 2 " + more)).succeeded();
    return Folders.checkpoint(output);
  }
}
