package io.coppice.job.block;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.reconstruct.EpochErrors;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpanSnapshotTest {
  private static final List<EpochErrors> ERRORS =
      List.of(
          new EpochErrors(0, 1.0 / 3, Double.NaN, false),
          new EpochErrors(
              1, Math.PI, 5e-324, true, new EpochErrors.Losses(true, Math.E, Double.NaN, 0.1, 7)));

  private final Arena arena = Arena.unbounded("test");
  private final List<Integer> resumed = new ArrayList<>();
  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void name() {
    file = folder.resolve("unfinished/blocks-0003-0004.snapshot.safetensors");
  }

  @AfterEach
  void free() {
    arena.close();
  }

  @Test
  void everyBitComesBack() {
    Map<String, Tensor> saved = state(0.1f);
    snapshot("a").save(state(7), ERRORS.subList(0, 1));
    snapshot("a").save(saved, ERRORS);

    Map<String, Tensor> state = state(0);
    assertThat(snapshot("a").restore(state)).isEqualTo(ERRORS);
    assertThat(resumed).containsExactly(1);
    state.forEach(
        (name, tensor) -> assertThat(tensor.toArray()).isEqualTo(saved.get(name).toArray()));
  }

  @Test
  void whatIsNotThereOrOfAnotherTrainingIsNotUsed() throws IOException {
    assertNotUsed("a", state(0));

    snapshot("a").save(state(1), ERRORS);
    assertNotUsed("b", state(0));
    Map<String, Tensor> more = state(0);
    more.put("more", arena.vector(1));
    assertNotUsed("a", more);
    Map<String, Tensor> less = state(0);
    less.remove("1.best");
    assertNotUsed("a", less);
    Map<String, Tensor> longer = state(0);
    longer.put("1.first_moment", arena.vector(4));
    assertNotUsed("a", longer);

    byte[] whole = Files.readAllBytes(file);
    for (int length : new int[] {0, 7, 60, whole.length - 1}) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertNotUsed("a", state(0));
    }
    Files.writeString(file, "no snapshot at all, but some words of no meaning");
    assertNotUsed("a", state(0));
  }

  private void assertNotUsed(String training, Map<String, Tensor> state) {
    assertThat(snapshot(training).restore(state)).isEmpty();
    assertThat(resumed).isEmpty();
    assertThat(state.get("0.weight").toArray()).containsOnly(0);
  }

  private SpanSnapshot snapshot(String training) {
    return new SpanSnapshot(
        new org.apache.hadoop.fs.Path(file.toUri()), training, new Configuration(), resumed::add);
  }

  /** A matrix, a vector and, as of a layer that was pruned away, nothing. */
  private Map<String, Tensor> state(float value) {
    Map<String, Tensor> state = new LinkedHashMap<>();
    state.put("0.weight", arena.tensor(3, 5));
    state.put("1.best", arena.tensor(1, 4));
    state.put("1.first_moment", arena.vector(3));
    state.put("2.first_moment", arena.vector(0));
    if (value != 0) {
      float[] special = {-0f, Float.MIN_VALUE, Float.MAX_VALUE};
      state
          .values()
          .forEach(
              tensor -> {
                for (int i = 0; i < tensor.size(); i++) {
                  tensor.set(
                      i / tensor.columns(),
                      i % tensor.columns(),
                      i < special.length ? special[i] : value * i);
                }
              });
    }
    return state;
  }
}
