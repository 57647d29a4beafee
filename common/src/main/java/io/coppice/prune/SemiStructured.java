package io.coppice.prune;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * N:M sparsity: of every M consecutive weights of a row, N are kept and M − N pruned, regardless of
 * the other groups.
 *
 * @param kept N, at least 1 and less than M
 * @param group M
 */
public record SemiStructured(int kept, int group) implements SparsityPattern {
  private static final Pattern TEXT = Pattern.compile("(\\d{1,9}):(\\d{1,9})");

  /**
   * @throws UsageException unless 1 ≤ kept &lt; group
   */
  public SemiStructured {
    if (kept < 1 || kept >= group) {
      throw new UsageException(
          ("The pattern %d:%d must keep at least 1 weight and fewer than the whole group; write"
                  + " N:M with N less than M, such as 2:4 to keep 2 of every 4")
              .formatted(kept, group));
    }
  }

  /**
   * Reads {@code N:M}; empty for any other text.
   *
   * @throws UsageException unless 1 ≤ N &lt; M
   */
  public static Optional<SemiStructured> parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    return matcher.matches()
        ? Optional.of(
            new SemiStructured(
                Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2))))
        : Optional.empty();
  }

  /** 1 − N/M. */
  @Override
  public double sparsity() {
    return (double) pruned() / group;
  }

  @Override
  public long pruned(long elements) {
    return elements / group * pruned();
  }

  /** M − N: how many weights of every group are pruned. */
  public int pruned() {
    return group - kept;
  }

  /**
   * @param layer the layer's name, for the message
   * @param columns the length of its rows
   * @throws InvalidDataException if rows do not consist of whole groups
   */
  public void requireWholeGroups(String layer, int columns) {
    if (columns % group != 0) {
      throw new InvalidDataException(
          ("%s has rows of %d weights, which the pattern %s cannot divide into groups of %d; choose"
                  + " another pattern, or leave this tensor out with --overrides %s=dense")
              .formatted(layer, columns, this, group, layer));
    }
  }

  /** {@code N:M}. */
  @Override
  public String toString() {
    return kept + ":" + group;
  }
}
