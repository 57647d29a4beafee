package io.coppice.model;

import java.io.Serializable;

/**
 * The attention of a LLaMA block.
 *
 * @param heads of the queries
 * @param keyValueHeads of the keys, and of the values
 * @param headSize width of one head
 * @param rope frequencies of the rotary positions
 */
public record LlamaAttention(int heads, int keyValueHeads, int headSize, RopeParameters rope)
    implements Serializable {}
