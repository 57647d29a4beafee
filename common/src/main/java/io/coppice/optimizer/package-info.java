/** Gradient descent on the weights that pruning kept. */
package io.coppice.optimizer;
