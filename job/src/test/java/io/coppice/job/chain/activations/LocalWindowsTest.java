package io.coppice.job.chain.activations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.coppice.job.cli.ActivationSettings.ActivationType;
import io.coppice.job.cli.LocalCacheSize;
import io.coppice.job.endtoend.Warnings;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Windows that a reader keeps on the local disk, which may be too small, full or broken. */
class LocalWindowsTest {
  private static final int ROWS = 600;
  private static final int COLUMNS = 1000;
  private static final long F32_BYTES = 4L * ROWS * COLUMNS;

  @TempDir private Path folder;

  private final Arena arena = Arena.unbounded("test");
  private final Tensor window = arena.tensor(ROWS, COLUMNS);
  private final LocalDisk disk = new LocalDisk();

  /** Windows that were read from the source, in order. */
  private final List<Integer> fetched = new ArrayList<>();

  @AfterEach
  void nothingIsLeft() throws IOException {
    assertThat(disk.held()).isZero();
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).isEmpty();
    }
    arena.close();
  }

  @ParameterizedTest
  @EnumSource(ActivationType.class)
  void eachWindowIsFetchedOnce(ActivationType type) {
    try (Warnings warnings = Warnings.of(LocalDisk.class);
        BoundaryActivations.Reader reader = reader(type, LocalCacheSize.AUTO)) {
      for (int epoch = 0; epoch < 3; epoch++) {
        read(reader, 4, 0, 7);
      }
      assertThat(fetched).containsExactly(4, 0, 7);
      assertThat(disk.held()).isEqualTo(3 * F32_BYTES / (type == ActivationType.F32 ? 1 : 2));
      assertThat(warnings.lines()).isEmpty();
    }
  }

  @Test
  void theFileHasNoNameWhileItIsOpen() throws IOException {
    assumeTrue(Files.exists(Path.of("/proc/self/fd")), "Linux");
    try (BoundaryActivations.Reader reader = reader(ActivationType.F32, LocalCacheSize.AUTO);
        Stream<Path> files = Files.list(folder)) {
      read(reader, 1);
      assertThat(files).isEmpty();
    }
  }

  @Test
  void whatDoesNotFitIntoTheSizeIsFetchedEachTime() {
    LocalCacheSize size = new LocalCacheSize(2 * F32_BYTES + 5);
    try (BoundaryActivations.Reader reader = reader(ActivationType.F32, size)) {
      read(reader, 1, 2, 3);
      read(reader, 1, 2, 3);
      assertThat(fetched).containsExactly(1, 2, 3, 3);
      // Another task of the same executor.
      try (BoundaryActivations.Reader other = reader(ActivationType.F32, size)) {
        read(other, 1, 1);
        assertThat(fetched).endsWith(1, 1);
      }
    }
    try (BoundaryActivations.Reader later = reader(ActivationType.F32, size)) {
      fetched.clear();
      read(later, 1, 1);
      assertThat(fetched).containsExactly(1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    // Without a size: no more than is still free.
    "auto, 100, true",
    "auto, 99, false",
    // With one, a gibibyte is left.
    "100, 1073741924, true",
    "100, 1073741923, false",
    "99, 9999999999, false"
  })
  void theDiskIsNotFilled(String size, long free, boolean fits) {
    LocalCacheSize most =
        size.equals("auto") ? LocalCacheSize.AUTO : new LocalCacheSize(Long.parseLong(size));
    assertThat(disk.take(100, most, free)).isEqualTo(fits);
    disk.giveBack(fits ? 100 : 0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aWindowThatIsDamagedIsFetchedAgain(boolean cutOff) throws IOException {
    try (Warnings warnings = Warnings.of(LocalDisk.class);
        BoundaryActivations.Reader reader = reader(ActivationType.F32, LocalCacheSize.AUTO)) {
      read(reader, 1, 2, 3);
      damage(cutOff);
      fetched.clear();
      read(reader, 1, 2, 3, 1, 2, 3);

      // The third and, where it is cut off, also the second are not what they were.
      assertThat(fetched).isEqualTo(cutOff ? List.of(2, 3, 2, 3) : List.of(3, 3));
      assertThat(warnings.lines())
          .containsExactly(
              "Activations on this executor's local disk are damaged (%s); they are read from the work folder again"
                  .formatted(
                      cutOff ? "cut off" : "a checksum differs from that of what was written"));
    }
  }

  /** Damages what is on the disk: cuts it in the second window, or changes a bit of the third. */
  private void damage(boolean cutOff) throws IOException {
    assumeTrue(Files.exists(Path.of("/proc/self/fd")), "Linux");
    Path file;
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      file = open.filter(this::isOurs).findFirst().orElseThrow();
    }
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      if (cutOff) {
        channel.truncate(F32_BYTES + 17);
      } else {
        ByteBuffer some = ByteBuffer.allocate(1);
        channel.read(some, 2 * F32_BYTES + 17);
        channel.write(ByteBuffer.wrap(new byte[] {(byte) (some.get(0) ^ 1)}), 2 * F32_BYTES + 17);
      }
    }
  }

  private boolean isOurs(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).startsWith(folder);
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void aFullDiskIsSaidOnceAndTheSourceIsReadInstead() throws IOException {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.exists(full), "Linux");
    try (Warnings warnings = Warnings.of(LocalDisk.class)) {
      for (int task = 0; task < 2; task++) {
        FileChannel file =
            FileChannel.open(full, StandardOpenOption.READ, StandardOpenOption.WRITE);
        LocalWindows local =
            new LocalWindows(
                new LocalWindows.Kind(LocalCacheSize.AUTO, ActivationType.F32), folder, file, disk);
        try (BoundaryActivations.Reader reader = new CachedReader(source(), local)) {
          read(reader, 1, 2, 1);
        }
      }
      assertThat(fetched).containsExactly(1, 2, 1, 1, 2, 1);
      assertThat(warnings.lines())
          .containsExactly(
              "This executor's local disk takes no more activations (No space left on device); the others are read from the work folder each time");
    }
  }

  @Test
  void withoutAFolderThereIsNoCache() {
    try (Warnings warnings = Warnings.of(LocalDisk.class)) {
      assertThat(
              LocalWindows.create(
                  new LocalWindows.Kind(LocalCacheSize.AUTO, ActivationType.F32),
                  List.of(folder.resolve("none"), folder.resolve("nothing")),
                  disk))
          .isEmpty();
      assertThat(warnings.lines()).hasSize(1).first().asString().contains("takes no more");
    }
  }

  @Test
  void aTaskThatIsStoppedStops() {
    try (BoundaryActivations.Reader reader = reader(ActivationType.F32, LocalCacheSize.AUTO)) {
      read(reader, 1);
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> read(reader, 1))
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("stopped");
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  private BoundaryActivations.Reader reader(ActivationType type, LocalCacheSize size) {
    return new CachedReader(
        source(),
        LocalWindows.create(new LocalWindows.Kind(size, type), List.of(folder), disk)
            .orElseThrow());
  }

  private void read(BoundaryActivations.Reader reader, int... windows) {
    for (int number : windows) {
      window.zero();
      reader.read(number, window);
      for (int i : new int[] {0, 1, ROWS - 1}) {
        for (int j : new int[] {0, 1, COLUMNS - 1}) {
          assertThat(window.get(i, j)).isEqualTo(value(number, i, j));
        }
      }
    }
  }

  private BoundaryActivations.Reader source() {
    return new BoundaryActivations.Reader() {
      @Override
      public void read(int number, Tensor destination) {
        fetched.add(number);
        for (int i = 0; i < ROWS; i++) {
          for (int j = 0; j < COLUMNS; j++) {
            destination.set(i, j, value(number, i, j));
          }
        }
      }

      @Override
      public void close() {}
    };
  }

  /** A value that bfloat16 holds. */
  private static float value(int number, int i, int j) {
    return new Random(31L * number + 7L * i + j).nextInt(255) / 16f;
  }
}
