package io.coppice.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.job.cli.CommandOptions;
import io.coppice.job.cli.CommandParser;
import io.coppice.job.cli.Parsed;
import io.coppice.job.run.Commands;
import io.coppice.job.run.SubCommand;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The templates of deploy/ are read by their tools, and what they start is what Coppice takes. */
class DeployTest {
  private static final Path DEPLOY = Path.of("../deploy");
  private static final String MAIN_CLASS = "io.coppice.job.Coppice";
  private static final String OVERHEAD = "spark.executor.memoryOverhead";
  private static final String BATCH_OVERHEAD = "20g";

  /** The settings that all templates share. */
  private final Map<String, String> shared = properties(DEPLOY.resolve("spark.properties"));

  @TempDir private Path folder;

  @Test
  void sharedSettingsAreWhatARunNeeds() {
    String vector = "--add-modules=jdk.incubator.vector";
    assertThat(shared)
        .containsEntry("spark.executorEnv.OPENBLAS_NUM_THREADS", "1")
        .containsEntry("spark.driver.extraJavaOptions", vector)
        .containsEntry("spark.executor.extraJavaOptions", vector)
        .containsKeys(OVERHEAD, "spark.task.maxFailures")
        .allSatisfy((key, value) -> assertThat(key).startsWith("spark."));
  }

  @ParameterizedTest
  @ValueSource(strings = {"yarn/submit.sh", "standalone/submit.sh"})
  void scriptsStartAPruneWithSparkSubmit(String script) throws Exception {
    List<String> words = started("spark-submit", script);

    assertThat(words).containsSequence("--class", MAIN_CLASS);
    assertThat(conf(words)).containsAllEntriesOf(shared);
    requireParsed(words.subList(words.indexOf("prune"), words.size()));
  }

  @Test
  void aScriptStartsAPruneOnADataprocCluster() throws Exception {
    List<String> words = started("gcloud", "dataproc/cluster-job.sh");

    assertThat(words).containsSequence("--class", MAIN_CLASS);
    assertThat(gcloudProperties(words))
        .containsAllEntriesOf(shared)
        .containsEntry("spark.yarn.appMasterEnv.LC_ALL", "C.UTF-8");
    requireParsed(words.subList(words.indexOf("prune"), words.size()));
  }

  @Test
  void aScriptStartsAPruneAsADataprocBatch() throws Exception {
    List<String> words = started("gcloud", "dataproc/batch.sh");

    assertThat(words).containsSequence("--class", MAIN_CLASS);
    assertThat(gcloudProperties(words))
        .containsAllEntriesOf(sharedInABatch())
        .containsEntry("spark.dataproc.driverEnv.LC_ALL", "C.UTF-8");
    requireParsed(words.subList(words.indexOf("prune"), words.size()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "yarn/submit.sh",
        "standalone/submit.sh",
        "dataproc/cluster-job.sh",
        "dataproc/batch.sh",
        "dataproc/settings.sh"
      })
  void scriptsAreToBeEditedAndSound(String script) throws Exception {
    Path file = DEPLOY.resolve(script);
    assertThat(file).content().contains("# EDIT:");
    assumeThat(runs("shellcheck", "--version")).as("shellcheck is installed").isTrue();
    assertThat(output("shellcheck", file.toString())).isEmpty();
  }

  @Test
  void anEmrStepStartsAPruneWithTheSharedSettings() throws IOException {
    JsonNode step = json("emr/step.json").path(0).path("HadoopJarStep");
    List<String> words = strings(step.path("Args"));

    assertThat(words).startsWith("spark-submit").containsSequence("--class", MAIN_CLASS);
    assertThat(conf(words)).containsAllEntriesOf(shared);
    requireParsed(words.subList(words.indexOf("prune"), words.size()));
  }

  @Test
  void emrServerlessStartsAPruneWithTheSharedSettings() throws IOException {
    JsonNode driver = json("emr/serverless-job-driver.json").path("sparkSubmit");
    List<String> words = List.of(driver.path("sparkSubmitParameters").textValue().split(" "));

    assertThat(words).containsSequence("--class", MAIN_CLASS);
    assertThat(conf(words)).containsAllEntriesOf(shared);
    requireParsed(strings(driver.path("entryPointArguments")));
  }

  @Test
  void kubernetesStartsAPruneWithWhatItsImageHolds() throws Exception {
    assumeThat(runs("python3", "-c", "import yaml")).as("Python has PyYAML").isTrue();
    String documents =
        output(
            "python3",
            "-c",
            "import json,sys,yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))",
            DEPLOY.resolve("kubernetes/job.yaml").toString());
    JsonNode job = new ObjectMapper().readTree(documents).path(1);
    assertThat(job.path("kind").textValue()).isEqualTo("Job");
    List<String> words = strings(job.at("/spec/template/spec/containers/0/args"));
    assertThat(words)
        .containsSequence("--class", MAIN_CLASS)
        .containsSequence("--properties-file", "/opt/coppice/spark.properties")
        .containsSequence("local:///opt/coppice/coppice.jar", "prune");
    assertThat(conf(words)).doesNotContainKeys(shared.keySet().toArray(String[]::new));
    requireParsed(words.subList(words.indexOf("prune"), words.size()));
    assertThat(Files.readString(DEPLOY.resolve("kubernetes/Dockerfile")))
        .contains("COPY job/target/coppice.jar deploy/spark.properties /opt/coppice/\n");
  }

  @Test
  void dagsStartStepsThatCoppiceTakes() throws Exception {
    assumeThat(runs("python3", "--version")).as("Python is installed").isTrue();
    List<String> command =
        new ArrayList<>(List.of("python3", "src/test/resources/deploy/run_dags.py"));
    try (Stream<Path> files = Files.list(DEPLOY.resolve("airflow"))) {
      files
          .map(Path::toString)
          .filter(file -> file.endsWith(".py"))
          .filter(file -> !file.endsWith("settings.py") && !file.endsWith("weekly.py"))
          .sorted()
          .forEach(command::add);
    }
    JsonNode dags = new ObjectMapper().readTree(output(command.toArray(String[]::new)));

    assertThat(dags).hasSize(4);
    dags.fields()
        .forEachRemaining(
            dag ->
                requireSteps(
                    dag.getValue(),
                    dag.getKey().endsWith("dataproc_batch.py") ? sharedInABatch() : shared));
  }

  private static void requireSteps(JsonNode dag, Map<String, String> settings) {
    assertThat(dag)
        .extracting(task -> task.path("task").textValue())
        .containsExactly("prune", "inspect", "evaluate");
    for (JsonNode task : dag) {
      assertThat(task.path("main").textValue()).isEqualTo(MAIN_CLASS);
      Map<String, String> conf = new TreeMap<>();
      task.path("conf")
          .fields()
          .forEachRemaining(field -> conf.put(field.getKey(), field.getValue().textValue()));
      assertThat(conf).containsAllEntriesOf(settings);
      assertThat(requireParsed(strings(task.path("arguments"))))
          .isEqualTo(task.path("task").textValue());
    }
  }

  private Map<String, String> sharedInABatch() {
    Map<String, String> settings = new TreeMap<>(shared);
    settings.put(OVERHEAD, BATCH_OVERHEAD);
    return settings;
  }

  private static Map<String, String> properties(Path file) {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Map<String, String> settings = new TreeMap<>();
    properties.stringPropertyNames().forEach(key -> settings.put(key, properties.getProperty(key)));
    return settings;
  }

  /** The settings that words for spark-submit give one by one. */
  private static Map<String, String> conf(List<String> words) {
    Map<String, String> conf = new TreeMap<>();
    for (int i = 1; i < words.size(); i++) {
      if (words.get(i - 1).equals("--conf")) {
        put(words.get(i), conf);
      }
    }
    return conf;
  }

  private static Map<String, String> gcloudProperties(List<String> words) {
    Map<String, String> properties = new TreeMap<>();
    for (String setting : words.get(words.indexOf("--properties") + 1).split(",")) {
      put(setting, properties);
    }
    return properties;
  }

  private static void put(String setting, Map<String, String> settings) {
    String[] parts = setting.split("=", 2);
    assertThat(settings.put(parts[0], parts[1])).as(parts[0] + " is given once").isNull();
  }

  /** Runs a script with a stand-in for the tool that it starts, and gives that tool's words. */
  private List<String> started(String tool, String script) throws Exception {
    Path standIn = folder.resolve(tool);
    Files.writeString(standIn, "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
    assertThat(standIn.toFile().setExecutable(true)).isTrue();
    ProcessBuilder builder =
        new ProcessBuilder("bash", DEPLOY.resolve(script).toAbsolutePath().toString())
            .directory(folder.toFile())
            .redirectErrorStream(true);
    builder.environment().merge("PATH", folder + ":", (path, own) -> own + path);
    return output(builder).lines().toList();
  }

  /** The sub-command's name. */
  private static String requireParsed(List<String> words) {
    List<? extends CommandOptions<?>> options =
        Commands.all().stream().map(SubCommand::options).toList();
    CommandParser parser =
        new CommandParser(
            "test",
            options,
            file -> {
              throw new AssertionError("No template has a configuration file");
            });
    Parsed.Chosen chosen = (Parsed.Chosen) parser.parse(words.toArray(String[]::new));
    options.stream().filter(chosen::is).forEach(CommandOptions::settings);
    return chosen.name();
  }

  private static JsonNode json(String file) throws IOException {
    return new ObjectMapper().readTree(DEPLOY.resolve(file).toFile());
  }

  private static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    array.forEach(element -> strings.add(element.textValue()));
    return strings;
  }

  private static boolean runs(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static String output(String... command) throws IOException, InterruptedException {
    return output(new ProcessBuilder(command).redirectErrorStream(true));
  }

  private static String output(ProcessBuilder builder) throws IOException, InterruptedException {
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(builder.command() + ": " + output).isZero();
    return output;
  }
}
