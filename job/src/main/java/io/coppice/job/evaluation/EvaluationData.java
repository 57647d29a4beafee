package io.coppice.job.evaluation;

import io.coppice.job.chain.PerplexityPass;
import io.coppice.job.cluster.Cluster;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.evaluation.Evaluation.TextResult;
import io.coppice.job.progress.Stages;
import io.coppice.model.BlockSource;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Texts as a model's tokenizer has them, read once, for measuring any models that differ in their
 * blocks alone. Lives on the driver.
 *
 * @param source the model's embedding, final norm and head
 * @param texts by name, in the order given
 */
public record EvaluationData(
    Cluster cluster, ModelOnCluster source, Map<String, EvaluationTexts.Text> texts) {

  /** Reads the texts with a model's tokenizer. */
  public static EvaluationData read(Cluster cluster, ModelOnCluster model, EvaluationTexts texts) {
    return new EvaluationData(cluster, model, texts.read(cluster.session(), model));
  }

  /**
   * Measures the model with some blocks.
   *
   * @param name of the model in the result
   */
  public Evaluation measure(String name, BlockSource blocks, Stages stages) {
    Map<String, TextResult> results = new LinkedHashMap<>();
    texts.forEach(
        (text, read) ->
            results.put(
                text,
                stages.run(
                    "evaluation of " + text,
                    () ->
                        new TextResult(
                            read,
                            PerplexityPass.losses(cluster, source, blocks, read.windows())))));
    return new Evaluation(name, results);
  }

  /** The perplexity on each text, by name, of the model with some blocks; says nothing of it. */
  public Map<String, Double> perplexities(BlockSource blocks) {
    Map<String, Double> perplexities = new LinkedHashMap<>();
    texts.forEach(
        (text, read) ->
            perplexities.put(
                text, PerplexityPass.perplexity(cluster, source, blocks, read.windows())));
    return perplexities;
  }
}
