package io.coppice.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.UsageException;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OffHeapMemoryTest {
  @ParameterizedTest
  @CsvSource({
    "yarn, 8g, , , 819",
    "yarn, 1g, , , 384",
    "k8s://host, 8g, , 0.5, 4096",
    "yarn, 8g, 16g, , 16384",
    "yarn, 8g, 2048, , 2048"
  })
  void theClusterGivesAnExecutorItsOverhead(
      String master, String heap, String overhead, String factor, long mebibytes) {
    SparkConf conf = new SparkConf(false).set("spark.master", master);
    conf.set("spark.executor.memory", heap);
    if (overhead != null) {
      conf.set("spark.executor.memoryOverhead", overhead);
    }
    if (factor != null) {
      conf.set("spark.executor.memoryOverheadFactor", factor);
    }

    OffHeapMemory memory = OffHeapMemory.ofExecutor(conf).orElseThrow();

    assertThat(memory.bytes() >> 20).isEqualTo(mebibytes);
    memory.require("A model", memory.bytes());
    assertThatThrownBy(() -> memory.require("A model", 100L << 30))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("A model takes 100.0 GiB", "spark.executor.memoryOverhead");
  }

  @Test
  void locallyItIsTheMachines() {
    OffHeapMemory memory =
        OffHeapMemory.ofExecutor(new SparkConf(false).set("spark.master", "local[2]"))
            .orElseThrow();

    assertThat(memory.bytes()).isPositive().isLessThan(OffHeapMemory.ofThisMachine().bytes());
    assertThatThrownBy(() -> memory.require("A model", Long.MAX_VALUE))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("this machine has");
  }

  @ParameterizedTest
  @CsvSource({"spark://host:7077", "'local-cluster[1,1,1024]'"})
  void elsewhereOnlyExecutorsKnow(String master) {
    assertThat(OffHeapMemory.ofExecutor(new SparkConf(false).set("spark.master", master)))
        .isEmpty();
  }
}
