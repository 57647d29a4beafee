package io.coppice.evaluate;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Turns what a task asks into tokens, as lm-evaluation-harness does.
 *
 * <p>Spaces at the end of a context go to the continuation. Context and continuation are encoded
 * together, and what is longer than the encoded context is the continuation's. Of what is longer
 * than the model, the beginning is left out.
 */
public final class RequestEncoder {
  private final TaskTokenizer tokenizer;
  private final int positions;

  /**
   * @param positions L, the most tokens that the model takes
   */
  public RequestEncoder(TaskTokenizer tokenizer, int positions) {
    this.tokenizer = tokenizer;
    this.positions = positions;
  }

  /**
   * The requests of a question, one for each choice.
   *
   * @throws InvalidDataException if a choice has no tokens, or more than the model takes
   */
  public List<TokenRequest> encode(TaskItem.Question question) {
    List<TokenRequest> requests = new ArrayList<>();
    String encoded = "";
    int[] context = {};
    for (TaskItem.Choice choice : question.choices()) {
      String before = PythonText.stripRight(choice.context());
      String after = choice.context().substring(before.length()) + choice.continuation();
      if (before.isEmpty()) {
        requests.add(withoutContext(choice, after));
        continue;
      }
      if (!before.equals(encoded)) {
        encoded = before;
        context = tokenizer.encode(before, true);
      }
      int[] whole = tokenizer.encode(before + after, true);
      int[] continuation =
          Arrays.copyOfRange(whole, Math.min(context.length, whole.length), whole.length);
      requests.add(request(choice, context.length > 0 ? context : prefix(), continuation));
    }
    return requests;
  }

  private TokenRequest withoutContext(TaskItem.Choice choice, String text) {
    int[] tokens = tokenizer.encode(text, false);
    boolean begins = tokens.length > 0 && tokens[0] == tokenizer.prefixToken();
    return request(
        choice, prefix(), begins ? Arrays.copyOfRange(tokens, 1, tokens.length) : tokens);
  }

  private int[] prefix() {
    return new int[] {tokenizer.prefixToken()};
  }

  private TokenRequest request(TaskItem.Choice choice, int[] context, int[] continuation) {
    if (continuation.length == 0) {
      throw new InvalidDataException(
          "its choice %s has no tokens of its own after the context"
              .formatted(Words.quote(choice.continuation())));
    }
    if (continuation.length > positions) {
      throw new InvalidDataException(
          "its choice %s has %d tokens, more than the model's %d positions"
              .formatted(
                  Words.quote(Words.line(choice.continuation(), 40)),
                  continuation.length,
                  positions));
    }
    int left = Math.max(0, context.length + continuation.length - (positions + 1));
    return new TokenRequest(
        Arrays.copyOfRange(context, left, context.length), continuation, left > 0);
  }

  /**
   * The requests of a page, by windows that do not overlap: the first predicts L tokens after the
   * prefix token, each later one at most L more with as much context as there is room for, at least
   * one token.
   */
  public List<TokenRequest> encode(TaskItem.Page page) {
    int[] tokens = tokenizer.encode(page.text(), false);
    List<TokenRequest> requests = new ArrayList<>();
    if (tokens.length > 0) {
      int first = Math.min(positions, tokens.length);
      requests.add(new TokenRequest(prefix(), Arrays.copyOf(tokens, first), false));
      IntStream.iterate(first, begin -> begin < tokens.length, begin -> begin + positions)
          .mapToObj(begin -> window(tokens, begin))
          .forEach(requests::add);
    }
    return requests;
  }

  private TokenRequest window(int[] tokens, int begin) {
    int end = Math.min(begin + positions, tokens.length);
    return new TokenRequest(
        Arrays.copyOfRange(tokens, end - positions - 1, begin),
        Arrays.copyOfRange(tokens, begin, end),
        false);
  }
}
