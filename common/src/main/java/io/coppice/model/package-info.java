/**
 * Decoder-only language models as their configuration describes them: their tensors, and the
 * computation of a block. A model family is one class that implements {@link
 * io.coppice.model.LanguageModel} with its block.
 */
package io.coppice.model;
