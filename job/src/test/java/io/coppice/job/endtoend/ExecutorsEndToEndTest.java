package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.job.processes.Launcher;
import io.coppice.job.processes.SparkHome;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Executors in processes of their own: the files that they write, and the driver's reports. */
@Tag("cluster")
class ExecutorsEndToEndTest {
  private static SparkHome spark;
  @TempDir private Path folder;
  @TempDir private Path messages;

  @BeforeAll
  static void resolve() {
    spark = SparkHome.of("3.5.9", "2.12", false);
  }

  @Test
  void theyWriteTheSameTexts() {
    Path model = SmallModel.write(folder.resolve("model"));
    Program.on("local[1]", generate("here.jsonl", model)).succeeded();

    executors().run(generate("there.jsonl", model)).succeeded();

    assertThat(folder.resolve("there.jsonl")).hasSameTextualContentAs(folder.resolve("here.jsonl"));
  }

  @Test
  void badDataThatTheyFindIsToldByTheDriver() throws Exception {
    Path model = SmallModel.write(folder.resolve("model"));
    SmallModel.tokenizer(model, SmallModel.VOCABULARY + 1);
    Path text =
        SmallModel.write(
            folder.resolve("text.jsonl"),
            ("{\"text\":\"" + "w40 ".repeat(40) + "\"}\n").repeat(50));
    Map<String, String> before = Folders.contents(folder);
    SmallRun small = new SmallRun(model.toString(), text.toString());

    Launcher.Finished failed = executors().run(small.prune(folder.resolve("sparse").toString()));

    assertThat(failed.exitCode()).as(failed.err()).isEqualTo(3);
    assertThat(sentence(failed)).contains("token 40", "vocabulary");
    assertThat(failed.err()).doesNotContain("\tat ");
    assertThat(Folders.contents(folder)).isEqualTo(before);
  }

  @Test
  void aTrainingThatDivergesIsNotTriedToTheLast() {
    SmallRun small = SmallRun.write(folder);
    List<String> diverging =
        Arrays.asList(small.prune(folder.resolve("sparse").toString(), "--epochs", "50"));
    diverging.set(diverging.indexOf("1e-3"), "1");

    Launcher.Finished failed =
        executors().set("spark.task.maxFailures", "20").run(diverging.toArray(String[]::new));

    assertThat(failed.exitCode()).as(failed.err()).isEqualTo(2);
    assertThat(sentence(failed)).contains("Training diverged", "--learning-rate");
    assertThat(failed.err()).as("Spark's last word").doesNotContain("failed 20 times");
  }

  /** The launcher itself says when it builds something; such lines end in dots. */
  private static String sentence(Launcher.Finished failed) {
    List<String> sentences =
        failed
            .err()
            .lines()
            .filter(line -> line.startsWith("coppice: ") && !line.endsWith(" ..."))
            .toList();
    assertThat(sentences).as(failed.err()).hasSize(1);
    return sentences.get(0);
  }

  private Launcher executors() {
    return new Launcher(messages, spark, "local-cluster[2,1,1024]")
        .set("spark.executor.memory", "1g");
  }

  private String[] generate(String output, Path model) {
    return Program.words(
        "generate --model %s --output %s".formatted(model, folder.resolve(output)),
        "--language any --samples 20 --max-length 32 --require-native");
  }
}
