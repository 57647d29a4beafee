/**
 * From the files that a tokenizer is published in to the JSON that the tokenizers library reads:
 * the same conversions that transformers makes when it loads a model.
 */
package io.coppice.text.convert;
