/**
 * Conversions from the files in which a tokenizer is published to the JSON that the tokenizers
 * library reads: the same that transformers makes when it loads a model.
 */
package io.coppice.text.convert;
