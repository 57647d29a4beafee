package io.coppice.job.chain.activations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.coppice.job.cli.ActivationSettings;
import io.coppice.job.cli.ActivationSettings.ActivationPlace;
import io.coppice.job.cli.ActivationSettings.ActivationType;
import io.coppice.job.cli.ActivationSettings.TypeChoice;
import io.coppice.job.cli.LocalCacheSize;
import io.coppice.job.cluster.Cluster;
import io.coppice.job.cluster.Engine;
import io.coppice.job.cluster.HadoopSettings;
import io.coppice.job.session.SparkSessions;
import io.coppice.tensor.Arena;
import io.coppice.tensor.CpuKernels;
import io.coppice.tensor.Precision;
import io.coppice.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Both stores, written by tasks and read by tasks. */
class ActivationStoreTest {
  private static final int LENGTH = 300;
  private static final int HIDDEN = 4;

  /** Three windows in a group, the last group not full. */
  private static final WindowGroups GROUPS = WindowGroups.of(8, LENGTH, HIDDEN, 3);

  private static JavaSparkContext spark;

  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    System.setProperty("spark.master", "local[2]");
    System.setProperty("spark.ui.enabled", "false");
    spark = new JavaSparkContext(SparkSessions.start("test").sparkContext());
  }

  @AfterAll
  static void stop() {
    SparkSessions.stop();
    System.clearProperty("spark.master");
    System.clearProperty("spark.ui.enabled");
  }

  @ParameterizedTest
  @EnumSource(ActivationType.class)
  void broadcastsGiveBackWhatWasPut(ActivationType type) {
    requireRoundTrip(new BroadcastStore(spark, type));
  }

  @ParameterizedTest
  @EnumSource(ActivationType.class)
  void filesGiveBackWhatWasPut(ActivationType type) {
    requireRoundTrip(files(type));
    assertThat(folder.resolve("dense/boundary-0002/windows-000002.safetensors")).exists();
  }

  @Test
  void releasedFilesAreGoneAndOthersStay() {
    FileStore store = files(ActivationType.F32);
    BoundaryActivations first = put(store, 1);
    BoundaryActivations second = put(store, 2);

    first.release();

    assertThat(folder.resolve("dense/boundary-0001")).doesNotExist();
    assertThat(read(second, 7)[0]).isEqualTo(value(2, 7));
  }

  @Test
  void releasedBroadcastsCannotBeRead() {
    BoundaryActivations boundary = put(new BroadcastStore(spark, ActivationType.F32), 1);
    boundary.release();
    assertThat(catchThrowable(boundary::open)).hasMessageContaining("destroyed");
  }

  @Test
  void theStoreIsChosenByTheUserOrBySize() {
    assertThat(choose(ActivationPlace.BROADCAST, Long.MAX_VALUE / 4))
        .isInstanceOf(BroadcastStore.class);
    assertThat(choose(ActivationPlace.FILES, 1)).isInstanceOf(FileStore.class);
    assertThat(choose(ActivationPlace.AUTO, 1)).isInstanceOf(BroadcastStore.class);
    assertThat(choose(ActivationPlace.AUTO, 1L << 30)).isInstanceOf(FileStore.class);
  }

  @ParameterizedTest
  @EnumSource(ActivationType.class)
  void aChainsSizeCountsEveryBoundary(ActivationType type) {
    long values = 8L * LENGTH * HIDDEN * 6;
    assertThat(StoreChoice.chainBytes(type, GROUPS, HIDDEN, 5))
        .isEqualTo(values * (type == ActivationType.F32 ? 4 : 2));
  }

  @ParameterizedTest
  @CsvSource({"AUTO, FLOAT32, F32", "AUTO, BF16, BF16", "F32, BF16, F32", "BF16, FLOAT32, BF16"})
  void theirFormatIsTheUsersOrThatOfTheProducts(
      TypeChoice said, Precision precision, ActivationType expected) {
    assertThat(choose(ActivationPlace.FILES, 1, said, precision).description())
        .endsWith(", " + expected);
    assertThat(choose(ActivationPlace.BROADCAST, 1, said, precision).description())
        .endsWith(", " + expected);
  }

  /** Values are small whole numbers, which bfloat16 holds exactly. */
  private static void requireRoundTrip(ActivationStore store) {
    BoundaryActivations boundary = put(store, 2);
    List<Integer> windows = List.of(7, 0, 3, 3, 5);
    List<float[]> read =
        spark.parallelize(windows, 2).map(window -> read(boundary, window)).collect();
    for (int i = 0; i < windows.size(); i++) {
      assertThat(read.get(i)).hasSize(LENGTH * HIDDEN).containsOnly(value(2, windows.get(i)));
    }
  }

  private static BoundaryActivations put(ActivationStore store, int boundary) {
    assertThat(GROUPS.count()).isEqualTo(3);
    List<Integer> groups = IntStream.range(0, GROUPS.count()).boxed().toList();
    List<byte[]> pieces =
        spark
            .parallelize(groups, groups.size())
            .map(
                group -> {
                  try (Arena arena = Arena.unbounded("test")) {
                    Tensor activations = arena.tensor(GROUPS.size(group) * LENGTH, HIDDEN);
                    for (int i = 0; i < GROUPS.size(group); i++) {
                      float[] window = new float[LENGTH * HIDDEN];
                      Arrays.fill(window, value(boundary, GROUPS.first(group) + i));
                      activations.rows(i * LENGTH, LENGTH).fill(window);
                    }
                    return store.put("dense", boundary, group, activations);
                  }
                })
            .collect();
    return store.publish("dense", boundary, GROUPS, pieces);
  }

  private static float[] read(BoundaryActivations boundary, int window) {
    try (Arena arena = Arena.unbounded("test");
        BoundaryActivations.Reader reader = boundary.open()) {
      Tensor destination = arena.tensor(LENGTH, HIDDEN);
      reader.read(window, destination);
      return destination.toArray();
    }
  }

  private static float value(int boundary, int window) {
    return 10 * boundary + window;
  }

  private FileStore files(ActivationType type) {
    return new FileStore(
        folder.toUri().toString(),
        type,
        LocalCacheSize.OFF,
        new HadoopSettings(new Configuration()));
  }

  private ActivationStore choose(ActivationPlace said, long chainBytes) {
    return choose(said, chainBytes, TypeChoice.AUTO, Precision.FLOAT32);
  }

  private ActivationStore choose(
      ActivationPlace said, long chainBytes, TypeChoice type, Precision precision) {
    return StoreChoice.of(
        new Cluster(SparkSession.active(), new Engine(1, CpuKernels.AUTO, false, precision)),
        new ActivationSettings(said, type, LocalCacheSize.OFF),
        chainBytes,
        folder.toString(),
        new HadoopSettings(new Configuration()));
  }
}
