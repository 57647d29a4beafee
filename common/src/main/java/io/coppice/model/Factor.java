package io.coppice.model;

import io.coppice.tensor.Bf16Tensor;
import io.coppice.tensor.Operand;
import io.coppice.tensor.Tensor;

/**
 * Activations, or gradients by them, that products read.
 *
 * @param exact n × features, float32
 * @param operand the same, as products read it
 * @param room where {@link io.coppice.kernel.Linear} may transpose the operand of a gradient
 */
record Factor(Tensor exact, Operand operand, Bf16Tensor room) {}
