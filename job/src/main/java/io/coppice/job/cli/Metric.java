package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/**
 * The metric that a block's error is measured in while it is trained.
 *
 * @param best that of level best
 * @param others that of all other levels
 */
public record Metric(Kind best, Kind others) implements Serializable {

  /** The same at all levels. */
  static Metric everywhere(Kind kind) {
    return new Metric(kind, kind);
  }

  /** That of a level. */
  private Kind of(Level level) {
    return level == Level.BEST ? best : others;
  }

  /** Whether a level is trained, and its metric the dense model's Fisher information. */
  public boolean isFisher(Level level) {
    return level.trains() && of(level) == Kind.FISHER;
  }

  /** The words of --metric. */
  public enum Kind {
    IDENTITY("identity"),
    FISHER("fisher");

    private final String word;

    Kind(String word) {
      this.word = word;
    }

    @Override
    public String toString() {
      return word;
    }
  }

  /** The option that names a metric. */
  @Topic.Of(Topic.TRAINING)
  static final class Options {
    @Option(
        names = "--metric",
        paramLabel = "METRIC",
        description =
            "What a block's error counts by while it is trained: identity (every direction of its"
                + " output alike, as in the paper) or fisher (each by what it does to what the dense"
                + " model says, from one pass back through it before the first wave) (default:"
                + " identity; level best has fisher).")
    private Optional<Kind> given;

    /**
     * The setting, for levels of which one must be trained.
     *
     * @throws UsageException if fisher is given, but nothing is trained
     */
    Metric settings(List<Level> levels) {
      if (given.equals(Optional.of(Kind.FISHER)) && levels.stream().noneMatch(Level::trains)) {
        throw new UsageException(
            "--metric fisher is for training, but %s trains nothing; leave it out or give another level"
                .formatted(
                    levels.stream().map(Level::toString).collect(Collectors.joining(" and "))));
      }
      Kind ofBest = levels.contains(Level.BEST) ? Kind.FISHER : Kind.IDENTITY;
      return given.map(Metric::everywhere).orElse(new Metric(ofBest, Kind.IDENTITY));
    }

    /** The metric of all levels; nothing where they differ, which is so if none is given. */
    Map<String, Object> derived(List<Level> levels) {
      Metric metric = settings(levels);
      List<Kind> kinds = levels.stream().map(metric::of).distinct().toList();
      return kinds.size() == 1 ? Map.of("metric", kinds.get(0)) : Map.of();
    }
  }
}
