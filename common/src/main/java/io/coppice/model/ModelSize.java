package io.coppice.model;

import java.io.Serializable;

/**
 * The size of a model's blocks.
 *
 * @param hiddenSize width H of the residual stream
 * @param intermediateSize width of the feed-forward branch
 * @param blockCount number of decoder blocks
 * @param maxPositions the longest sequence the model was made for, in tokens
 */
public record ModelSize(int hiddenSize, int intermediateSize, int blockCount, int maxPositions)
    implements Serializable {}
