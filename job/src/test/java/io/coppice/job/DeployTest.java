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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The templates of deploy/ are read by their tools, and what they start is what Coppice takes. */
class DeployTest {
  private static final Path DEPLOY = Path.of("../deploy");
  private static final String MAIN_CLASS = "io.coppice.job.Coppice";
  private static final String VECTOR = "--add-modules=jdk.incubator.vector";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "yarn/submit.sh",
        "standalone/submit.sh",
        "dataproc/cluster-job.sh",
        "dataproc/batch.sh"
      })
  void scriptsStartAPruneWithWhatItNeeds(String script) throws Exception {
    Path file = DEPLOY.resolve(script);
    String text = Files.readString(file).replace("\\\n", " ");
    assertThat(text).contains("# EDIT:").contains("--class " + MAIN_CLASS);
    requireSettings(text);
    String last = text.strip().lines().reduce((first, second) -> second).orElseThrow();
    List<String> words = List.of(last.strip().replace("\"", "").split("\\s+"));
    requireParsed(words.subList(words.indexOf("prune"), words.size()));
    assumeThat(runs("shellcheck", "--version")).as("shellcheck is installed").isTrue();
    assertThat(output("shellcheck", file.toString())).isEmpty();
  }

  @Test
  void emrStartsAPruneWithWhatItNeeds() throws IOException {
    JsonNode step = json("emr/step.json").path(0).path("HadoopJarStep");
    List<String> words = strings(step.path("Args"));
    assertThat(words).startsWith("spark-submit").containsSequence("--class", MAIN_CLASS);
    requireSettings(String.join(" ", words));
    requireParsed(words.subList(words.indexOf("prune"), words.size()));

    JsonNode serverless = json("emr/serverless-job-driver.json").path("sparkSubmit");
    requireSettings(serverless.path("sparkSubmitParameters").textValue());
    requireParsed(strings(serverless.path("entryPointArguments")));
  }

  @Test
  void kubernetesStartsAPruneWithWhatItNeeds() throws Exception {
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
    assertThat(words).containsSequence("--class", MAIN_CLASS);
    requireSettings(String.join(" ", words));
    requireParsed(words.subList(words.indexOf("prune"), words.size()));
    assertThat(Files.readString(DEPLOY.resolve("kubernetes/Dockerfile")))
        .contains(
            words.get(words.indexOf("prune") - 1).replace("local://", ""),
            "job/target/coppice.jar");
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
    for (JsonNode dag : dags) {
      assertThat(dag)
          .extracting(task -> task.path("task").textValue())
          .containsExactly("prune", "inspect", "evaluate");
      for (JsonNode task : dag) {
        assertThat(task.path("main").textValue()).isEqualTo(MAIN_CLASS);
        Map<String, String> conf = new TreeMap<>();
        task.path("conf")
            .fields()
            .forEachRemaining(field -> conf.put(field.getKey(), field.getValue().textValue()));
        requireSettings(conf.toString());
        assertThat(requireParsed(strings(task.path("arguments"))))
            .isEqualTo(task.path("task").textValue());
      }
    }
  }

  private static void requireSettings(String text) {
    assertThat(text)
        .contains("spark.executor.memoryOverhead=")
        .contains("OPENBLAS_NUM_THREADS=1")
        .contains("spark.task.maxFailures=")
        .contains("spark.driver.extraJavaOptions=" + VECTOR)
        .contains("spark.executor.extraJavaOptions=" + VECTOR);
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
    String[] arguments = words.stream().map(word -> word.replace("$", "")).toArray(String[]::new);
    Parsed.Chosen chosen = (Parsed.Chosen) parser.parse(arguments);
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
      return process(command).waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static String output(String... command) throws IOException, InterruptedException {
    Process process = process(command);
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(Arrays.toString(command) + ": " + output).isZero();
    return output;
  }

  private static Process process(String... command) throws IOException {
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }
}
