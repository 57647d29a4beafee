package io.coppice.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalInt;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExecutorCoresTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          local                   | 1
          local[3]                | 3
          local[3,2]              | 3
          local-cluster[2,1,1024] | 1
          local-cluster[1, 4, 99] | 4
          yarn                    | 1
          k8s://https://host      | 1
          """)
  void aMasterSaysHowManyThereAre(String master, int cores) {
    assertThat(of(master)).hasValue(cores);
  }

  @ParameterizedTest
  @CsvSource({"local[*]", "spark://host:7077"})
  void otherwiseAnExecutorHasItsMachine(String master) {
    assertThat(of(master)).isEmpty();
  }

  @Test
  void aSettingCountsMoreOnAClusterOfProcesses() {
    SparkConf conf =
        new SparkConf(false).setMaster("spark://host:7077").set("spark.executor.cores", "5");
    assertThat(ExecutorCores.of(conf)).hasValue(5);
  }

  private static OptionalInt of(String master) {
    return ExecutorCores.of(new SparkConf(false).setMaster(master));
  }
}
