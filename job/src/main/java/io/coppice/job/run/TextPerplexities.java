package io.coppice.job.run;

import io.coppice.job.chain.PerplexityPass;
import io.coppice.job.cluster.Cluster;
import io.coppice.job.cluster.EncoderSource;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.model.BlockSource;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Measures models that differ in their blocks alone on the same texts, which are read once. Lives
 * on the driver.
 *
 * @param dense the model's embedding, final norm and head
 * @param texts by name, in the order given
 */
record TextPerplexities(
    Cluster cluster, ModelOnCluster dense, Map<String, EvaluationTexts.Text> texts) {

  /** Reads the texts with the dense model's tokenizer. */
  static TextPerplexities read(Cluster cluster, ModelOnCluster dense, EvaluationTexts texts) {
    Map<String, EvaluationTexts.Text> read = new LinkedHashMap<>();
    try (EncoderSource.OpenEncoder encoder = dense.encoder().open()) {
      texts.names().forEach(name -> read.put(name, texts.read(name, cluster.session(), encoder)));
    }
    return new TextPerplexities(cluster, dense, read);
  }

  /** The perplexity on each text, by name, of the model with some blocks. */
  Map<String, Double> of(BlockSource blocks) {
    Map<String, Double> perplexities = new LinkedHashMap<>();
    texts.forEach(
        (name, text) ->
            perplexities.put(
                name, PerplexityPass.perplexity(cluster, dense, blocks, text.windows())));
    return perplexities;
  }
}
