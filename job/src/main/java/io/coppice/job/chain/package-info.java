/**
 * The model, or a sparse one, over all windows of text: activations at block boundaries, errors,
 * perplexity.
 */
package io.coppice.job.chain;
