package io.coppice.job.evaluation;

import io.coppice.evaluate.Task;
import io.coppice.evaluate.WindowLosses;
import io.coppice.job.chain.PerplexityPass;
import io.coppice.job.cli.MeasuredSettings;
import io.coppice.job.cluster.Cluster;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.evaluation.Evaluation.TextResult;
import io.coppice.job.progress.Progress;
import io.coppice.job.progress.ProgressEvent;
import io.coppice.job.progress.Stages;
import io.coppice.model.BlockSource;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Texts and tasks as a model's tokenizer has them, read once, for measuring any models that differ
 * in their blocks alone. Lives on the driver.
 *
 * @param source the model's embedding, final norm and head
 * @param read what was read, before any tokenizer
 * @param texts by name, in the order given
 * @param tasks by name, in the order given
 */
public record EvaluationData(
    Cluster cluster,
    ModelOnCluster source,
    Read read,
    Map<String, EvaluationTexts.Text> texts,
    Map<String, TaskData> tasks) {

  /** Documents and records. */
  record Read(EvaluationTexts.Documents texts, Map<Task, TaskData.Records> tasks) {}

  /**
   * Reads everything, and encodes it with a model's tokenizer.
   *
   * @param texts of {@code settings}, checked before the session was started
   */
  public static EvaluationData read(
      Cluster cluster, ModelOnCluster model, EvaluationTexts texts, MeasuredSettings settings) {
    return encoded(
        cluster,
        model,
        new Read(
            texts.read(cluster.session()),
            EvaluationTasks.read(settings.tasks(), cluster.session())));
  }

  private static EvaluationData encoded(Cluster cluster, ModelOnCluster model, Read read) {
    return new EvaluationData(
        cluster,
        model,
        read,
        read.texts().encode(model),
        EvaluationTasks.encode(read.tasks(), model));
  }

  /**
   * The same for another model.
   *
   * @throws io.coppice.failure.UsageException if its tokenizer has other tokens for a text
   */
  public EvaluationData encodedFor(ModelOnCluster other) {
    EvaluationData data = encoded(cluster, other, read);
    Comparison.requireSameWindows(this, data);
    return data;
  }

  /**
   * Measures the model with some blocks.
   *
   * @param name of the model in the result
   */
  public Evaluation measure(String name, BlockSource blocks, Stages stages) {
    Map<String, TextResult> results = new LinkedHashMap<>();
    texts.forEach(
        (text, windows) ->
            results.put(
                text,
                stages.run(
                    "evaluation of " + text,
                    () -> new TextResult(windows, losses(windows, blocks)))));
    Map<String, TaskResult> scores = new LinkedHashMap<>();
    tasks.forEach(
        (task, asked) ->
            scores.put(task, stages.run("evaluation of " + task, () -> score(asked, blocks))));
    return new Evaluation(name, results, scores);
  }

  /** As {@link #measure}, within a stage of the caller's. */
  public Evaluation measureQuietly(String name, BlockSource blocks) {
    return measure(name, blocks, new Stages(new Silent()));
  }

  private record Silent() implements Progress {
    @Override
    public void report(ProgressEvent event) {}

    @Override
    public void close() {}
  }

  private WindowLosses losses(EvaluationTexts.Text text, BlockSource blocks) {
    return PerplexityPass.losses(cluster, source, blocks, text.windows());
  }

  private TaskResult score(TaskData task, BlockSource blocks) {
    return task.result(LikelihoodPass.logLikelihoods(cluster, source, blocks, task.requests()));
  }
}
