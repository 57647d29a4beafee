package io.coppice.model;

import java.io.Serializable;

/**
 * What sets a family apart among those that share LLaMA's block.
 *
 * @param architecture the family's name in {@code config.json}
 * @param queryKeyValueBias whether the projections to queries, keys and values have biases
 * @param headNorm whether every head of the queries and keys is normalised before it is rotated
 * @param slidingWindow how many tokens a query sees, its own included; {@link
 *     io.coppice.kernel.CausalAttention#UNLIMITED} for all before it
 */
public record LlamaVariant(
    String architecture, boolean queryKeyValueBias, boolean headNorm, int slidingWindow)
    implements Serializable {}
