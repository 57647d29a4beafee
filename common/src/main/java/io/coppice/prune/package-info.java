/**
 * Chooses the weights of a linear layer that become zero: magnitude, Wanda and SparseGPT.
 *
 * <p>A {@link io.coppice.prune.Pruner} says which {@link io.coppice.prune.InputStatistics} of the
 * layer's input it needs; they are accumulated chunk by chunk, and layers that read the same input
 * share them. Pruning then happens in place: at once, or little by little while the weight is
 * trained ({@link io.coppice.prune.GradualPruning}).
 *
 * <p>After pruning, a weight is pruned exactly if it is zero, so that a mask is always {@code
 * weight != 0}. A weight that was zero from the start is therefore a pruned one, and it is the
 * first to be counted: pruning never takes another weight in its place.
 */
package io.coppice.prune;
