package io.coppice.text;

/** Turns a text into token ids, with the special tokens that the tokenizer's template adds. */
@FunctionalInterface
public interface TextEncoder {
  /** The ids of one whole text, all within the model's vocabulary. */
  int[] encode(String text);
}
