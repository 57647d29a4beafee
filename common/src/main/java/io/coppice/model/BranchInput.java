package io.coppice.model;

import io.coppice.tensor.Tensor;

/**
 * What a branch of a block was given, and where the gradient by it goes.
 *
 * @param input n × hidden_size
 * @param gradient n × hidden_size
 */
record BranchInput(Tensor input, Tensor gradient) {}
