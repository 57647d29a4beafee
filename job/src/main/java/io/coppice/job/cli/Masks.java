package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import io.coppice.job.schedule.Waves;
import io.coppice.reconstruct.MaskSchedule;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The time at which the masks of weights are chosen. */
public sealed interface Masks extends Serializable {

  /** When masks shrink at a level, if they do. */
  Optional<MaskSchedule> schedule(Level level);

  /** The word that users write for those of a level. */
  default Kind kind(Level level) {
    return schedule(level).isPresent() ? Kind.GRADUAL : Kind.AT_ONCE;
  }

  /** The word that users write for those of all levels that have no masks of their own. */
  default Kind kind() {
    return kind(Level.GP);
  }

  /** Before training. */
  record AtOnce() implements Masks {
    @Override
    public Optional<MaskSchedule> schedule(Level level) {
      return Optional.empty();
    }
  }

  /**
   * Little by little, in the first round that trains a block.
   *
   * @param steps of that round before which masks shrink, and sparsity by then
   * @param scope levels at which they do; at others, masks are chosen before training
   */
  record Gradual(MaskSchedule steps, Scope scope) implements Masks {
    @Override
    public Optional<MaskSchedule> schedule(Level level) {
      return scope.has(level) ? Optional.of(steps) : Optional.empty();
    }
  }

  /**
   * At once or little by little, whichever does better on text that is held out, in a trial. Until
   * it is known which, memory and time are those of the second.
   *
   * @param steps as those of {@link Gradual}
   * @param scope levels that the choice is for; at others, masks are chosen before training
   */
  record Tried(MaskSchedule steps, Scope scope) implements Masks {
    @Override
    public Optional<MaskSchedule> schedule(Level level) {
      return chosen(Kind.GRADUAL).schedule(level);
    }

    @Override
    public Kind kind(Level level) {
      return scope.has(level) ? Kind.AUTO : Kind.AT_ONCE;
    }

    /** The masks that a trial has found best. */
    public Masks chosen(Kind kind) {
      return kind == Kind.GRADUAL ? new Gradual(steps, scope) : new AtOnce();
    }
  }

  /** Levels that masks are for. */
  enum Scope {
    ALL_LEVELS,
    BEST;

    boolean has(Level level) {
      return this == ALL_LEVELS || level == Level.BEST;
    }
  }

  /** The words of --masks. */
  enum Kind {
    AT_ONCE("at-once"),
    GRADUAL("gradual"),
    AUTO("auto");

    private final String word;

    Kind(String word) {
      this.word = word;
    }

    @Override
    public String toString() {
      return word;
    }
  }

  /** The options that say how masks shrink. */
  @Topic.Of(Topic.WEIGHTS)
  final class Options {
    private static final double DEFAULT_START = 0.3;
    private static final int DEFAULT_INTERVAL = 8;

    /** Waves that follow train with final masks, so that the first one may take its time. */
    private static final double DEFAULT_END_IN_WAVES = 0.8;

    private static final double DEFAULT_END_IN_ONE_ROUND = 0.5;

    @Option(
        names = "--masks-start",
        paramLabel = "FRACTION",
        description =
            "With --masks gradual or auto, sparsity before the first step, or the layer's own where that is"
                + " lower; at least 0 and less than 1 (default: 0.3).")
    private Optional<Double> start;

    @Option(
        names = "--masks-interval",
        paramLabel = "STEPS",
        description =
            "With --masks gradual or auto, steps of the optimiser after which masks shrink again, at least 1"
                + " (default: 8).")
    private Optional<Integer> interval;

    @Option(
        names = "--masks-end",
        paramLabel = "FRACTION",
        description =
            "With --masks gradual or auto, the share of the steps of the first wave (if not of waves: of all"
                + " steps) after which masks are final; at least 0 and less than 1 (default: 0.8 with"
                + " several waves, else 0.5).")
    private Optional<Double> end;

    /**
     * The masks of a kind.
     *
     * @param kind empty where each level has its own
     */
    Masks settings(Optional<Kind> kind, ReconstructionSettings training) {
      if (kind.isEmpty()) {
        return training.levels().contains(Level.BEST)
            ? new Tried(schedule(training.order()), Scope.BEST)
            : new AtOnce();
      }
      return switch (kind.orElseThrow()) {
        case AT_ONCE -> new AtOnce();
        case GRADUAL -> new Gradual(schedule(training.order()), Scope.ALL_LEVELS);
        case AUTO -> new Tried(schedule(training.order()), Scope.ALL_LEVELS);
      };
    }

    /**
     * Fails where numbers are given, but no masks shrink.
     *
     * @throws UsageException if so
     */
    void require(List<Masks> masks) {
      if (masks.stream().allMatch(AtOnce.class::isInstance)) {
        refuse("--masks-start", start);
        refuse("--masks-interval", interval);
        refuse("--masks-end", end);
      }
    }

    private MaskSchedule schedule(ScheduleSettings order) {
      return new MaskSchedule(
          Check.below("--masks-start", 0, 1, start.orElse(DEFAULT_START)),
          Check.atLeast("--masks-interval", 1, interval.orElse(DEFAULT_INTERVAL)),
          Check.below("--masks-end", 0, 1, end.orElse(defaultEnd(order))));
    }

    private static double defaultEnd(ScheduleSettings order) {
      return order.schedule() instanceof Waves waves && waves.count() > 1
          ? DEFAULT_END_IN_WAVES
          : DEFAULT_END_IN_ONE_ROUND;
    }

    /** The numbers of gradual masks, defaults included. */
    Map<String, Object> derived(List<Masks> masks, ScheduleSettings order) {
      if (masks.stream().allMatch(AtOnce.class::isInstance)) {
        return Map.of();
      }
      MaskSchedule schedule = schedule(order);
      return Map.of(
          "masks-start", schedule.start(),
          "masks-interval", schedule.interval(),
          "masks-end", schedule.end());
    }

    private static void refuse(String option, Optional<?> value) {
      Check.absent(
          option, value, "--masks gradual, auto or level best", "masks are chosen before training");
    }
  }

  /**
   * Fails where masks that shrink in training do not go with the rest.
   *
   * @param pruning with gradual masks or not
   * @param training the training that they are to shrink in
   * @param levelOption the option that names levels
   * @param otherwise what else to do than to leave --refit out at level best
   * @throws UsageException if so
   */
  static void require(
      PruningSettings pruning,
      ReconstructionSettings training,
      String levelOption,
      String otherwise) {
    if (pruning.masks() instanceof AtOnce) {
      return;
    }
    Kind kind = pruning.masks().kind();
    boolean always = kind != Kind.AT_ONCE;
    if (always && !training.levels().stream().allMatch(Level::trains)) {
      throw new UsageException(
          "--masks %s chooses masks in training, but %s lr trains nothing; leave one out"
              .formatted(kind, levelOption));
    }
    if (pruning.refitIterations() > 0) {
      throw new UsageException(
          always
              ? "--masks %s may prune nothing before training that --refit could fit; leave one out"
                  .formatted(kind)
              : "Level best, which %s has, may prune nothing before training that --refit could fit; leave --refit out, or %s"
                  .formatted(levelOption, otherwise));
    }
  }
}
