package io.coppice.job.chain.activations;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.model.BlockStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WindowGroupsTest {
  @ParameterizedTest
  @CsvSource({
    // windows, length, hidden, tasks, windows in a group, groups
    "288, 128,  64,   1,    288, 1",
    "288, 128,  64,   2,    144, 2",
    "288, 128,  64,   5,    64,  5",
    "288, 128,  64,   1000, 8,   36",
    "1,   128,  64,   4,    8,   1",
    "9,   1024, 64,   2,    5,   2",
    // 16 MiB a window: at most 16 in a group, however few the tasks.
    "288, 1024, 4096, 1,    16,  18",
    // A window that is larger than a group may be is a group by itself.
    "3,   8192, 16384, 1,   1,   3",
    "5,   128,  64,   0,    8,   1"
  })
  void groupsAreWholeMicroBatchesForTheTasksThereAre(
      int windows, int length, int hidden, int tasks, int perGroup, int count) {
    WindowGroups groups = WindowGroups.of(windows, length, hidden, tasks);

    assertThat(groups.perGroup()).isEqualTo(perGroup);
    assertThat(groups.count()).isEqualTo(count);
    assertThat(perGroup % BlockStream.microBatch(length, Integer.MAX_VALUE)).isZero();
  }

  @Test
  void everyWindowIsInOneGroup() {
    for (int windows = 1; windows < 50; windows++) {
      for (int tasks = 1; tasks < 9; tasks++) {
        WindowGroups groups = WindowGroups.of(windows, 300, 8, tasks);
        int next = 0;
        for (int group = 0; group < groups.count(); group++) {
          assertThat(groups.first(group)).isEqualTo(next);
          assertThat(groups.size(group)).isPositive();
          for (int i = 0; i < groups.size(group); i++) {
            assertThat(groups.groupOf(next++)).isEqualTo(group);
          }
        }
        assertThat(next).isEqualTo(windows);
      }
    }
  }
}
