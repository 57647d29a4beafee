/**
 * Decoder-only language models as their configuration describes them: which tensors there are, and
 * how a block computes. A model family is one class that implements {@link
 * io.coppice.model.LanguageModel} with its block.
 */
package io.coppice.model;
