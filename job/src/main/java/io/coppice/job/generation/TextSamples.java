package io.coppice.job.generation;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.storage.Json;
import java.util.List;
import java.util.Optional;

/**
 * Texts that the dense and the sparse model write after the same openings.
 *
 * @param tokens the most that each model adds
 * @param samples one for each opening
 * @param missing the reason why there are none, as a sentence; empty where there are
 */
public record TextSamples(int tokens, List<Sample> samples, Optional<String> missing) {
  public TextSamples {
    samples = List.copyOf(samples);
  }

  /**
   * An opening, and what each model wrote after it.
   *
   * @param agreeing number of tokens up to the first in which they differ
   */
  public record Sample(String opening, String dense, String sparse, int agreeing) {}

  /** No samples, for a reason. */
  public static TextSamples none(String reason) {
    return new TextSamples(0, List.of(), Optional.of(reason));
  }

  /** As conf/FORMATS.md describes {@code samples.json}. */
  public ObjectNode toJson() {
    ObjectNode json = Json.object();
    json.put("tokens", tokens);
    ArrayNode nodes = json.putArray("samples");
    samples.forEach(
        sample ->
            nodes
                .addObject()
                .put("opening", sample.opening())
                .put("dense", sample.dense())
                .put("sparse", sample.sparse())
                .put("agreeing_tokens", sample.agreeing()));
    missing.ifPresent(reason -> json.put("missing", reason));
    return json;
  }
}
