package io.coppice.model;

import io.coppice.kernel.CausalAttention;
import java.io.Serializable;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The difference between a family and the others that share LLaMA's block.
 *
 * @param architecture the family's name in {@code config.json}
 * @param features the parts that its block has beyond LLaMA's
 * @param slidingWindow the number of tokens that a query sees, its own included; {@link
 *     CausalAttention#UNLIMITED} for all before it
 */
public record LlamaVariant(String architecture, Set<Feature> features, int slidingWindow)
    implements Serializable {

  /** A part that some families have. */
  public enum Feature {
    /** Biases of the projections to queries, keys and values. */
    QUERY_KEY_VALUE_BIAS,
    /** A norm of every head of the queries and keys before it is rotated. */
    HEAD_NORM
  }

  public LlamaVariant {
    EnumSet<Feature> ordered = EnumSet.noneOf(Feature.class);
    ordered.addAll(features);
    features = Collections.unmodifiableSet(ordered);
  }

  /** A family whose queries see all tokens before them. */
  public static LlamaVariant of(String architecture, Feature... features) {
    return new LlamaVariant(architecture, Set.copyOf(List.of(features)), CausalAttention.UNLIMITED);
  }

  /** The same family with attention to a window of tokens. */
  public LlamaVariant withSlidingWindow(int tokens) {
    return new LlamaVariant(architecture, features, tokens);
  }

  boolean has(Feature feature) {
    return features.contains(feature);
  }
}
