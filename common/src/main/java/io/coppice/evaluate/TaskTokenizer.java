package io.coppice.evaluate;

/** A model's tokenizer, as tasks use it. */
public interface TaskTokenizer {
  /**
   * The tokens of a text.
   *
   * @param addSpecialTokens whether to add those of the tokenizer's template
   */
  int[] encode(String text, boolean addSpecialTokens);

  /**
   * The token that an empty context stands for: that which begins a text, else that which ends one.
   *
   * @throws io.coppice.failure.InvalidDataException if the model has neither
   */
  int prefixToken();
}
