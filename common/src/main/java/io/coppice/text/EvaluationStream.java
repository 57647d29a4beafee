package io.coppice.text;

import io.coppice.failure.InvalidDataException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The token stream that perplexity is measured on: documents joined in their order, tokenized, and
 * cut into windows that do not overlap.
 */
public final class EvaluationStream {

  private final int[] tokens;
  private final String source;
  private final boolean seamless;

  private EvaluationStream(int[] tokens, String source, boolean seamless) {
    this.tokens = tokens;
    this.source = source;
    this.seamless = seamless;
  }

  /**
   * Tokenizes documents.
   *
   * @param source the name of the text in messages
   * @throws InvalidDataException if there is no text
   */
  public static EvaluationStream of(
      List<String> documents, Join join, TextEncoder encoder, String source) {
    if (documents.stream().allMatch(String::isBlank)) {
      throw new InvalidDataException(
          "There is no text in " + source + ": give documents that are not empty.");
    }
    int[] tokens =
        join == Join.BOS
            ? documents.stream().map(encoder::encode).flatMapToInt(IntStream::of).toArray()
            : encoder.encode(String.join(join.separator(), documents));
    boolean seamless = join == Join.BOS && documents.size() > 1 && encoder.encode("").length == 0;
    return new EvaluationStream(tokens, source, seamless);
  }

  /** The number of tokens, including those that belong to no whole window. */
  public int length() {
    return tokens.length;
  }

  /**
   * Whether documents follow each other with nothing in between, since each is tokenized by itself
   * and the tokenizer adds no special token to any.
   */
  public boolean isSeamless() {
    return seamless;
  }

  /**
   * Consecutive windows, n × T; the remainder at the end is dropped.
   *
   * @param sequenceLength T
   * @throws InvalidDataException if the stream is shorter than one window
   */
  public int[][] windows(int sequenceLength) {
    int count = tokens.length / sequenceLength;
    if (count == 0) {
      throw new InvalidDataException(
          "%s has %d tokens, fewer than one window of %d: give more text or lower --sequence-length."
              .formatted(source, tokens.length, sequenceLength));
    }
    return IntStream.range(0, count)
        .mapToObj(i -> Arrays.copyOfRange(tokens, i * sequenceLength, (i + 1) * sequenceLength))
        .toArray(int[][]::new);
  }
}
