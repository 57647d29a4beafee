package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import java.io.Serializable;
import java.util.Optional;

/**
 * Number of tokens of a window, as far as it is known before the model is read.
 *
 * @param tokens the length, or its upper bound
 * @param exact whether the user asked for exactly this length
 */
public record SequenceLength(int tokens, boolean exact) implements Serializable {
  /** Exactly this many tokens; a model with fewer positions is refused. */
  public static SequenceLength exactly(int tokens) {
    return new SequenceLength(tokens, true);
  }

  /** This many tokens, or the model's positions where they are fewer. */
  public static SequenceLength atMost(int tokens) {
    return new SequenceLength(tokens, false);
  }

  /** Exactly as many tokens as an option says, at least {@code minimum}, if it was given. */
  static Optional<SequenceLength> asked(String option, int minimum, Optional<Integer> tokens) {
    return tokens.map(count -> Check.atLeast(option, minimum, count)).map(SequenceLength::exactly);
  }

  /** As many tokens as the model has positions. */
  public static SequenceLength ofModel() {
    return atMost(Integer.MAX_VALUE);
  }

  /**
   * Resolves the length for a model.
   *
   * @param maximum positions of the model (max_position_embeddings)
   * @throws UsageException if the user asked for more
   */
  public int resolve(int maximum) {
    return resolve(maximum, "--sequence-length");
  }

  /**
   * Resolves the length for a model.
   *
   * @param maximum positions of the model (max_position_embeddings)
   * @param option name of the option that asked for it
   * @throws UsageException if the user asked for more
   */
  public int resolve(int maximum, String option) {
    if (exact && tokens > maximum) {
      throw new UsageException(
          "%s %d is more than the model's %d positions; give at most %d"
              .formatted(option, tokens, maximum, maximum));
    }
    return Math.min(tokens, maximum);
  }
}
