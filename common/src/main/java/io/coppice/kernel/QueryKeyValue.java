package io.coppice.kernel;

import io.coppice.tensor.Tensor;

/**
 * The operands of attention, or the gradients by them, for B sequences of T tokens.
 *
 * @param query B·T × heads·d
 * @param key B·T × keyValueHeads·d
 * @param value as {@code key}
 */
public record QueryKeyValue(Tensor query, Tensor key, Tensor value) {}
