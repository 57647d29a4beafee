package io.coppice.model;

import io.coppice.tensor.Tensor;

/**
 * The input of a branch of a block, and the place of the gradient by it.
 *
 * @param input n × hidden_size
 * @param gradient n × hidden_size
 */
record BranchInput(Tensor input, Tensor gradient) {}
