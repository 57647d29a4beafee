package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import io.coppice.reconstruct.DistributionSettings;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** The target that a model's last block, or the pair that ends with it, is trained towards. */
public sealed interface LastBlock extends Serializable {

  /** The distributions of the next token that it is trained towards at a level, if it is. */
  Optional<DistributionSettings> towards(Level level);

  /** The dense chain's activations, as all other blocks. */
  record Error() implements LastBlock {
    @Override
    public Optional<DistributionSettings> towards(Level level) {
      return Optional.empty();
    }
  }

  /**
   * The dense model's distributions of the next token, where targets are the dense chain's.
   *
   * @param settings how they are compared
   */
  record Kl(DistributionSettings settings) implements LastBlock {
    @Override
    public Optional<DistributionSettings> towards(Level level) {
      return isFor(level) ? Optional.of(settings) : Optional.empty();
    }

    private static boolean isFor(Level level) {
      return level == Level.GP || level == Level.CR || level == Level.BEST;
    }
  }

  /**
   * The dense model's distributions at {@link Level#BEST}, activations at all others.
   *
   * @param settings how they are compared
   */
  record KlAtBest(DistributionSettings settings) implements LastBlock {
    @Override
    public Optional<DistributionSettings> towards(Level level) {
      return level == Level.BEST ? Optional.of(settings) : Optional.empty();
    }
  }

  /** The words of --last-block. */
  enum Kind {
    ERROR("error"),
    KL("kl");

    private final String word;

    Kind(String word) {
      this.word = word;
    }

    @Override
    public String toString() {
      return word;
    }
  }

  /** The options that say what the last block is trained towards. */
  @Topic.Of(Topic.TRAINING)
  final class Options {
    private static final double DEFAULT_WEIGHT = 3;
    private static final double DEFAULT_TOKENS = 1;
    private static final double HIGHEST_WEIGHT = 1e6;

    @Option(
        names = "--last-block",
        paramLabel = "LOSS",
        description =
            "What the last block (with cr, the last pair) is trained to lower: error (as all others,"
                + " the difference of its output from the dense model's) or kl (the divergence of the"
                + " distribution of the next token from the dense model's, and the relative error"
                + " beside it), which is for levels gp and cr (with auto: for these two, and best), and takes"
                + " more memory and time (default: error; level best has kl).")
    private Optional<Kind> given;

    @Option(
        names = "--last-block-weight",
        paramLabel = "WEIGHT",
        description =
            "With --last-block kl, what the relative error counts for beside the divergence in nats;"
                + " at least 0 and at most 1e6 (default: 3).")
    private Optional<Double> weight;

    @Option(
        names = "--last-block-tokens",
        paramLabel = "FRACTION",
        description =
            "With --last-block kl, the share of each window's tokens whose distributions are compared,"
                + " evenly spaced up to the last one; more than 0, at most 1 (default: 1).")
    private Optional<Double> tokens;

    /**
     * The setting, for levels of which it must fit one.
     *
     * @throws UsageException if a number is out of its range or goes with another kind, or no level
     *     is trained towards the dense chain
     */
    LastBlock settings(List<Level> levels) {
      boolean best = levels.contains(Level.BEST);
      if (levels.equals(List.of(Level.BEST)) && given.equals(Optional.of(Kind.ERROR))) {
        throw new UsageException(
            "--last-block error is for other levels than best, the default, which has kl; leave it out, or give another level, such as cr");
      }
      if (kind() == Kind.ERROR && best) {
        return new KlAtBest(distributions());
      }
      if (kind() == Kind.ERROR) {
        refuse("--last-block-weight", weight);
        refuse("--last-block-tokens", tokens);
        return new Error();
      }
      if (levels.stream().noneMatch(Kl::isFor)) {
        throw new UsageException(
            "--last-block kl is for levels gp and cr, but what is asked for is %s; leave it out or"
                    .formatted(words(levels))
                + " give another level");
      }
      return new Kl(distributions());
    }

    private DistributionSettings distributions() {
      return new DistributionSettings(
          Check.between("--last-block-weight", 0, HIGHEST_WEIGHT, weight.orElse(DEFAULT_WEIGHT)),
          Check.positive("--last-block-tokens", 1, tokens.orElse(DEFAULT_TOKENS)));
    }

    private Kind kind() {
      return given.orElse(Kind.ERROR);
    }

    /** The kind of loss, and the numbers of kl, defaults included. */
    Map<String, Object> derived(List<Level> levels) {
      boolean best = levels.contains(Level.BEST);
      Kind common = levels.equals(List.of(Level.BEST)) ? Kind.KL : kind();
      if (common == Kind.ERROR && !best) {
        return Map.of("last-block", common);
      }
      DistributionSettings settings = distributions();
      return Map.of(
          "last-block", common,
          "last-block-weight", settings.errorWeight(),
          "last-block-tokens", settings.tokenShare());
    }

    /** A sentence on levels that train the last block as all others all the same. */
    List<String> remarks(List<Level> levels) {
      return kind() == Kind.KL && levels.contains(Level.BR)
          ? List.of(
              "--last-block kl is for levels gp and cr; at br the last block is trained as the others")
          : List.of();
    }

    private static String words(List<Level> levels) {
      return levels.stream().map(Level::toString).collect(Collectors.joining(" and "));
    }

    private static void refuse(String option, Optional<?> value) {
      Check.absent(
          option, value, "--last-block kl or level best", "the last block is trained by its error");
    }
  }
}
