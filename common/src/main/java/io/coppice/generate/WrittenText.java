package io.coppice.generate;

import io.coppice.text.TokenRoles;
import java.io.Serializable;
import java.util.Arrays;

/**
 * A text that a model has written.
 *
 * @param tokens all of it: the begin token if the tokenizer has one, the opening, the sampled
 *     tokens, and the end token if it was reached
 * @param loss mean negative log-likelihood, in nats, of the tokens that the model chose itself
 * @param finish the reason why it ends
 * @param rejected the number of openings that were discarded before this one
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record WrittenText(int[] tokens, double loss, Finish finish, int rejected)
    implements Serializable {

  /** The reasons why a text ends. */
  public enum Finish {
    /** The model ended it. */
    END("end"),
    /** It has reached the limit of tokens. */
    LENGTH("length");

    private final String word;

    Finish(String word) {
      this.word = word;
    }

    @Override
    public String toString() {
      return word;
    }
  }

  /** The model's own perplexity of what it wrote. */
  public double perplexity() {
    return Math.exp(loss);
  }

  /** The tokens as the tokenizer would give them for the text: without an end token. */
  public int[] withoutEnd(TokenRoles roles) {
    int length = tokens.length;
    return length > 0 && finish == Finish.END && roles.ends().contains(tokens[length - 1])
        ? Arrays.copyOf(tokens, length - 1)
        : tokens;
  }
}
