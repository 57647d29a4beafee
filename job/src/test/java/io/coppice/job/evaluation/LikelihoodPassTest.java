package io.coppice.job.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.evaluate.Task;
import io.coppice.evaluate.TaskItem;
import io.coppice.evaluate.TaskItem.Question;
import io.coppice.evaluate.Tasks;
import io.coppice.job.cli.EngineSettings;
import io.coppice.job.cli.EngineSettings.PrecisionChoice;
import io.coppice.job.cluster.Cluster;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.endtoend.SharedData;
import io.coppice.job.session.SparkSessions;
import io.coppice.tensor.CpuKernels;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Likelihoods of a real model against PyTorch, which computes each choice by itself. */
class LikelihoodPassTest {
  private static final Task TASK = Tasks.named("made-up");

  private SparkSession spark;

  private Cluster cluster(String master) {
    System.setProperty("spark.master", master);
    System.setProperty("spark.ui.enabled", "false");
    spark = SparkSessions.start("likelihoods");
    return Cluster.of(
        spark, new EngineSettings(false, CpuKernels.AUTO, 0, PrecisionChoice.FLOAT32));
  }

  @AfterEach
  void stop() {
    if (spark != null) {
      spark.stop();
    }
    System.clearProperty("spark.master");
    System.clearProperty("spark.ui.enabled");
  }

  private static JsonNode golden() throws IOException {
    try (InputStream file =
        LikelihoodPassTest.class.getResourceAsStream("/evaluation/likelihoods.json")) {
      return new ObjectMapper().readTree(file);
    }
  }

  private static TaskData encode(ModelOnCluster model, JsonNode golden) {
    List<TaskItem> questions = new ArrayList<>();
    for (JsonNode question : golden) {
      List<TaskItem.Choice> choices = new ArrayList<>();
      for (JsonNode choice : question.get("choices")) {
        String text = choice.textValue();
        choices.add(
            new TaskItem.Choice(question.get("context").textValue(), " " + text, text.length()));
      }
      questions.add(new Question(choices, question.get("gold").intValue()));
    }
    return EvaluationTasks.encode(
            Map.of(TASK, new TaskData.Records("golden", questions, questions.size())), model)
        .get(TASK.name());
  }

  @Test
  void likelihoodsAgreeWithPyTorch() throws IOException {
    ModelOnCluster model =
        ModelOnCluster.open(SharedData.stories().toString(), new Configuration());
    JsonNode golden = golden();
    TaskData data = encode(model, golden);
    List<Double> expected = new ArrayList<>();
    golden.forEach(
        question ->
            question.get("log_likelihoods").forEach(value -> expected.add(value.doubleValue())));

    double[] actual =
        LikelihoodPass.logLikelihoods(cluster("local[2]"), model, model, data.requests());

    assertThat(data.truncated()).isEqualTo(1);
    assertThat(actual).hasSize(expected.size());
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).as("request %d", i).isCloseTo(expected.get(i), within(1e-4));
    }
  }
}
