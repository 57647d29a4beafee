package io.coppice.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** deploy/coppice, with a spark-submit that only tells what it was given. */
class LauncherTest {
  private static final String VECTOR = "--add-modules=jdk.incubator.vector";

  @TempDir private Path folder;
  private Path root;
  private Path sparkHome;
  private String logging;

  @BeforeEach
  void layOut() throws IOException {
    root = Files.createDirectories(folder.resolve("with space"));
    sparkHome = root.resolve("spark");
    logging = " \"-Dlog4j2.configurationFile=" + root + "/deploy/log4j2.properties\"";
    Files.createDirectories(root.resolve("deploy"));
    Files.copy(Path.of("../deploy/coppice"), root.resolve("deploy/coppice"));
    executable(root.resolve("deploy/coppice"));
    Files.createDirectories(root.resolve("job/target"));
    Files.writeString(root.resolve("job/target/coppice.jar"), "");
    Files.createDirectories(sparkHome.resolve("bin"));
    Path submit =
        Files.writeString(
            sparkHome.resolve("bin/spark-submit"),
            """
            #!/usr/bin/env bash
            printf '%s\\n' "$SPARK_DRIVER_MEMORY" "$OPENBLAS_NUM_THREADS" "$@"
            exit 3
            """);
    executable(submit);
  }

  @Test
  void withoutSeparatorAllIsCoppices() throws Exception {
    assertThat(launch("prune", "--model", "a b", "--master"))
        .containsExactly(
            "3g",
            "1",
            "--class",
            "io.coppice.job.Coppice",
            "--name",
            "Coppice",
            "--driver-java-options",
            VECTOR + logging,
            root + "/job/target/coppice.jar",
            "prune",
            "--model",
            "a b",
            "--master");
  }

  @Test
  void whatStandsBeforeTheSeparatorIsSparks() throws Exception {
    assertThat(launch("--master", "local[2]", "--", "inspect", "--", "x"))
        .containsSubsequence("--master", "local[2]", "--driver-java-options")
        .endsWith(root + "/job/target/coppice.jar", "inspect", "--", "x");
  }

  @Test
  void javaOptionsOfTheUserAreKept() throws Exception {
    Path properties =
        Files.writeString(
            folder.resolve("some.properties"),
            "spark.driver.extraJavaOptions  -Dfrom=file\nspark.driver.extraJavaOptionsX no\n");

    assertThat(driverOptions("--driver-java-options", "-Da=1 -Db=2"))
        .isEqualTo("-Da=1 -Db=2 " + VECTOR + logging);
    assertThat(driverOptions("--conf", "spark.driver.extraJavaOptions=-Dc=3"))
        .isEqualTo("-Dc=3 " + VECTOR + logging);
    assertThat(driverOptions("--conf=spark.driver.extraJavaOptions=-Dc=4"))
        .isEqualTo("-Dc=4 " + VECTOR + logging);
    assertThat(driverOptions("--properties-file", properties.toString()))
        .isEqualTo("-Dfrom=file " + VECTOR + logging);
    assertThat(driverOptions("--driver-java-options", VECTOR + " -Dlog4j2.configurationFile=mine"))
        .isEqualTo(VECTOR + " -Dlog4j2.configurationFile=mine");
  }

  @Test
  void driversOnTheClusterKeepItsLogging() throws Exception {
    assertThat(driverOptions("--deploy-mode", "cluster")).isEqualTo(VECTOR);
    assertThat(driverOptions("--conf", "spark.submit.deployMode=cluster")).isEqualTo(VECTOR);
  }

  private String driverOptions(String... sparkOptions) throws Exception {
    List<String> arguments = new ArrayList<>(List.of(sparkOptions));
    arguments.addAll(List.of("--", "demo"));
    List<String> given = launch(arguments.toArray(String[]::new));
    // The last one counts for spark-submit.
    return given.get(given.lastIndexOf("--driver-java-options") + 1);
  }

  private List<String> launch(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(root.resolve("deploy/coppice").toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    Map<String, String> environment = builder.environment();
    environment.keySet().removeAll(List.of("SPARK_DRIVER_MEMORY", "OPENBLAS_NUM_THREADS"));
    environment.put("SPARK_HOME", sparkHome.toString());
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isEqualTo(3);
    return output.lines().toList();
  }

  private static void executable(Path file) {
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }
}
