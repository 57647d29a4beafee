package io.coppice.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.tensor.BlasProvider;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Times Coppice in turn with libtorch on the same weights and inputs, one thread each, then two
 * each: {@code mvn -Pbenchmark verify}. Results are compared first and asserted; times are printed
 * and written to {@code job/target/benchmark.json}, and never asserted.
 *
 * <p>{@code -Dcoppice.benchmark=step-64,forward} chooses rows by the beginnings of their names, and
 * {@code -Dcoppice.benchmark.seconds=5} how long the turns of each last.
 */
class TorchBenchmark {
  private final double budget =
      Double.parseDouble(System.getProperty("coppice.benchmark.seconds", "20"));

  @TestFactory
  Stream<DynamicTest> besideLibtorch() {
    // Before libtorch, whose copy of OpenMP would else be the one that our products find.
    assertThat(BlasProvider.blas().description()).isNotEmpty();
    Report report = new Report(Path.of("target", "benchmark.json"));
    List<Row> rows = chosen(System.getProperty("coppice.benchmark", ""));
    return rows.stream()
        .map(row -> DynamicTest.dynamicTest(row.name(), () -> report.add(run(row))));
  }

  private static List<Row> chosen(String words) {
    if (words.isBlank()) {
      return Row.all();
    }
    List<String> wanted = List.of(words.strip().split("\\s*,\\s*"));
    for (String word : wanted) {
      assertThat(Row.all().stream().filter(row -> row.isNamedBy(word)))
          .as("rows whose names begin with " + word + "; there are " + names())
          .isNotEmpty();
    }
    return Row.all().stream().filter(row -> wanted.stream().anyMatch(row::isNamedBy)).toList();
  }

  private static List<String> names() {
    return Row.all().stream().map(Row::name).toList();
  }

  private RowResult run(Row row) {
    try (Contest contest = row.contest().get()) {
      double difference = contest.compare();
      contest.torch().settle(contest::theirs);
      int blasThreads = contest.torch().blasThreads();
      Turns turns = Turns.take(contest::ours, contest::theirs, row.threads(), budget);
      contest.torch().settle(contest::theirProducts);
      Turns products =
          Turns.take(contest::ourProducts, contest::theirProducts, row.threads(), budget / 4);
      double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
      return new RowResult(row, difference, turns, products, new Circumstances(blasThreads, load));
    }
  }
}
