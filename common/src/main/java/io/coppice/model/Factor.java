package io.coppice.model;

import io.coppice.tensor.Operand;
import io.coppice.tensor.Tensor;

/**
 * Activations, or gradients by them, that products read.
 *
 * @param exact n × features, float32
 * @param operand the same, as products read it
 */
record Factor(Tensor exact, Operand operand) {}
