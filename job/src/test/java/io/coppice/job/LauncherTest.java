package io.coppice.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
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
  private final Map<String, String> environment = new HashMap<>();

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
            if [[ ${*: -2:1} == --show ]]; then
              name=${*: -1}
              echo "$name=${!name:-}"
            fi
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

  @Test
  void theLocaleIsUtf8() throws Exception {
    environment.put("LC_ALL", "POSIX");
    assertThat(launch("--show", "LC_ALL")).last().asString().endsWith("LC_ALL=C.UTF-8");
    environment.put("LC_ALL", "C.utf8");
    assertThat(launch("--show", "LC_ALL")).last().asString().endsWith("LC_ALL=C.utf8");
  }

  @Test
  void driversOnTheClusterGetTheLocaleToo() throws Exception {
    assertThat(launch("--deploy-mode", "cluster", "--", "demo"))
        .contains("spark.yarn.appMasterEnv.LC_ALL=C.UTF-8");
    assertThat(
            launch(
                "--deploy-mode",
                "cluster",
                "--conf",
                "spark.yarn.appMasterEnv.LC_ALL=de_DE.UTF-8",
                "--",
                "demo"))
        .contains("spark.yarn.appMasterEnv.LC_ALL=de_DE.UTF-8")
        .doesNotContain("spark.yarn.appMasterEnv.LC_ALL=C.UTF-8");
    assertThat(launch("demo")).noneMatch(word -> word.contains("LC_ALL=C.UTF-8"));
  }

  /** A machine's name that Spark does not take is replaced for runs on this machine alone. */
  @Test
  void aNameOfTheMachineThatSparkDoesNotTake() throws Exception {
    command("uname", "echo some_host");
    String shown = "SPARK_LOCAL_HOSTNAME=";
    assertThat(launch("--show", "SPARK_LOCAL_HOSTNAME")).last().isEqualTo(shown + "localhost");
    assertThat(launch("--master", "yarn", "--", "--show", "SPARK_LOCAL_HOSTNAME"))
        .last()
        .isEqualTo(shown);
    environment.put("SPARK_LOCAL_HOSTNAME", "mine");
    assertThat(launch("--show", "SPARK_LOCAL_HOSTNAME")).last().isEqualTo(shown + "mine");
  }

  @Test
  void aJavaThatDoesNotRunSparkIsTold() throws Exception {
    Path java = Files.createDirectories(folder.resolve("java/bin"));
    environment.put("JAVA_HOME", java.getParent().toString());
    assertThat(refused()).contains("JAVA_HOME is", "has no bin/java");
    executable(Files.writeString(java.resolve("java"), ""));
    Files.writeString(java.resolveSibling("release"), "JAVA_VERSION=\"1.8.0_392\"\n");
    assertThat(refused()).contains("Java 17 is needed", "is Java 8;", "JDK 17");
    Files.writeString(java.resolveSibling("release"), "JAVA_VERSION=\"25\"\n");
    launch("demo");
    Files.createDirectory(sparkHome.resolve("jars"));
    Path core = Files.writeString(sparkHome.resolve("jars/spark-core_2.13-3.5.9.jar"), "");
    assertThat(refused()).contains("Spark 3.5.9 does not run on Java 25");
    Files.delete(core);
    Files.writeString(sparkHome.resolve("jars/spark-core_2.12-2.4.8.jar"), "");
    assertThat(refused()).contains("has Spark 2.4.8", "set it to Spark 3.5 or 4");
  }

  /** They need no cluster, so no second JVM for spark-submit. */
  @Test
  void plansAndInspectionsAreAnsweredInOneProcess() throws Exception {
    ownSpark();
    List<String> first = answered("inspect", "--model", "a b");
    assertThat(first)
        .contains("-XX:TieredStopAtLevel=1", "@" + root + "/deploy/java.options")
        .endsWith("io.coppice.job.Coppice", "inspect", "--model", "a b");
    assertThat(first.get(0)).startsWith("-XX:ArchiveClassesAtExit=" + root);
    assertThat(Files.readString(root.resolve("job/target/coppice.jar.jsa"))).isEqualTo("classes");
    age(root.resolve("job/target/coppice.jar"), -60);
    assertThat(answered("plan"))
        .startsWith("-XX:SharedArchiveFile=" + root + "/job/target/coppice.jar.jsa")
        .endsWith("plan");
    assertThat(answered("report", "--run", "x")).endsWith("report", "--run", "x");
  }

  /** Vectors are emulated where code is not compiled in full. */
  @Test
  void aPlanThatMeasuresThisMachineIsCompiledInFull() throws Exception {
    ownSpark();
    String notInFull = "-XX:TieredStopAtLevel=1";
    assertThat(answered("plan", "--model", "m", "--probe")).doesNotContain(notInFull);
    assertThat(answered("plan", "--config", "m.conf")).doesNotContain(notInFull);
    assertThat(answered("plan", "--config=m.conf")).doesNotContain(notInFull);
    assertThat(answered("plan", "--model", "probe")).contains(notInFull);
  }

  @Test
  void whatNeedsSparkOrIsToldToItGoesThroughSparkSubmit() throws Exception {
    ownSpark();
    assertThat(launch("prune")).contains("--class");
    assertThat(launch("--master", "yarn", "--", "inspect")).contains("--class", "yarn");
    Files.writeString(
        Files.createDirectories(sparkHome.resolve("conf")).resolve("spark-defaults.conf"), "");
    assertThat(launch("inspect")).contains("--class");
  }

  @Test
  void javaIsOpenedToTheProgramAsInTheTests() throws Exception {
    List<String> options = Files.readAllLines(Path.of("../deploy/java.options"));
    assertThat(ManagementFactory.getRuntimeMXBean().getInputArguments())
        .containsAll(options.subList(1, options.size()));
  }

  /** Puts Spark where the launcher's own one is, and a Java that says what it is asked for. */
  private void ownSpark() throws IOException {
    Path own = root.resolve("job/target/spark");
    Files.move(sparkHome, own);
    sparkHome = own;
    Files.writeString(Files.createDirectory(own.resolve("jars")).resolve("some.jar"), "");
    Path java = Files.createDirectories(folder.resolve("jdk/bin")).resolve("java");
    executable(
        Files.writeString(
            java,
            """
            #!/usr/bin/env bash
            printf '%s\\n' "$@"
            archive=${1#-XX:ArchiveClassesAtExit=}
            [[ $archive == "$1" ]] || printf classes >"$archive"
            exit 4
            """));
    environment.put("JAVA_HOME", java.getParent().getParent().toString());
  }

  private List<String> answered(String... arguments) throws Exception {
    Launched launched = start(arguments);
    assertThat(launched.exitCode()).isEqualTo(4);
    return launched.output().lines().toList();
  }

  @Test
  void aSparkHomeWithoutSparkIsTold() throws Exception {
    environment.put("SPARK_HOME", folder.toString());
    assertThat(refused()).contains("SPARK_HOME is " + folder, "bin/spark-submit", "unset it");
  }

  /** The program is built again when its sources differ from what the jar was built of. */
  @Test
  void whatIsBuiltIsToldByContent() throws Exception {
    Path source = source("common/src/main/java/A.java");
    source("job/src/main/java/B.java");
    source("pom.xml");
    source("common/pom.xml");
    source("job/pom.xml");
    command("mvn", "echo built; printf x >>job/target/coppice.jar");
    assertThat(launch("demo")).as("built by hand, and older").contains("built");
    assertThat(launch("demo")).doesNotContain("built");

    age(source, 1000);
    assertThat(launch("demo")).as("only its age is another").doesNotContain("built");
    Path copy = folder.resolve("copy");
    copy(root, copy);
    root = copy;
    assertThat(launch("demo")).as("copied").doesNotContain("built");

    Path inCopy = copy.resolve("common/src/main/java/A.java");
    Path renamed = Files.move(inCopy, inCopy.resolveSibling("C.java"));
    assertThat(launch("demo")).as("renamed").contains("built");
    assertThat(launch("demo")).doesNotContain("built");
    Files.delete(renamed);
    assertThat(launch("demo")).as("deleted").contains("built");

    Files.writeString(copy.resolve("job/src/main/java/B.java"), "other");
    Files.writeString(copy.resolve("job/target/coppice.jar"), "by hand");
    age(copy.resolve("job/target/coppice.jar"), 2000);
    assertThat(launch("demo")).as("built by hand").doesNotContain("built");
  }

  private Path source(String name) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, name);
  }

  private static void age(Path file, long seconds) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(seconds)));
  }

  private static void copy(Path from, Path to) throws Exception {
    Process process = new ProcessBuilder("cp", "-r", from.toString(), to.toString()).start();
    assertThat(process.waitFor()).isZero();
  }

  /** Puts another command in the place of the machine's. */
  private void command(String name, String script) throws IOException {
    Path commands = Files.createDirectories(folder.resolve("commands"));
    executable(
        Files.writeString(
            commands.resolve(name), "#!/bin/bash\ncd '%s'\n%s\n".formatted(root, script)));
    environment.put("PATH", commands + ":" + System.getenv("PATH"));
  }

  private String refused() throws Exception {
    Launched launched = start("demo");
    assertThat(launched.exitCode()).as(launched.output()).isEqualTo(2);
    assertThat(launched.output()).startsWith("coppice: ").hasLineCount(1);
    return launched.output();
  }

  private String driverOptions(String... sparkOptions) throws Exception {
    List<String> arguments = new ArrayList<>(List.of(sparkOptions));
    arguments.addAll(List.of("--", "demo"));
    List<String> given = launch(arguments.toArray(String[]::new));
    // The last one counts for spark-submit.
    return given.get(given.lastIndexOf("--driver-java-options") + 1);
  }

  private record Launched(int exitCode, String output) {}

  private List<String> launch(String... arguments) throws Exception {
    Launched launched = start(arguments);
    assertThat(launched.exitCode()).as(launched.output()).isEqualTo(3);
    return launched.output().lines().toList();
  }

  private Launched start(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(root.resolve("deploy/coppice").toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder
        .environment()
        .keySet()
        .removeAll(
            List.of(
                "SPARK_DRIVER_MEMORY",
                "OPENBLAS_NUM_THREADS",
                "SPARK_LOCAL_HOSTNAME",
                "SPARK_LOCAL_IP",
                "JAVA_HOME"));
    builder.environment().put("SPARK_HOME", sparkHome.toString());
    builder.environment().putAll(environment);
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Launched(process.exitValue(), output);
  }

  private static void executable(Path file) {
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }
}
