/**
 * The layers of a decoder as explicit pairs of forward and backward on off-heap tensors.
 *
 * <p>An instance holds {@code float[]} tiles for its own use, so it belongs to one task; no method
 * allocates memory in proportion to its input. Every sum has a fixed order: equal inputs give equal
 * bytes, interpreted or compiled.
 */
package io.coppice.kernel;
