package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import io.coppice.job.schedule.Rounds;
import io.coppice.reconstruct.Selection;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Training of the weights that stay.
 *
 * @param levels levels that are solved, of which the one that generalises best is kept; {@link
 *     Level#LR} uses nothing of the rest
 * @param order order, inputs and length of the training
 * @param learningRate of the optimiser
 * @param batchSize windows per optimiser step
 * @param objective what training lowers, and the epoch that is kept
 */
public record ReconstructionSettings(
    List<Level> levels,
    ScheduleSettings order,
    LearningRate learningRate,
    int batchSize,
    Objective objective)
    implements Serializable {
  public ReconstructionSettings {
    levels = List.copyOf(levels);
  }

  /** Training of all blocks, the last one too, by their errors, and at a rate that is known. */
  public ReconstructionSettings(
      List<Level> levels,
      ScheduleSettings order,
      double learningRate,
      int batchSize,
      Selection select) {
    this(
        levels,
        order,
        new LearningRate.Fixed(learningRate),
        batchSize,
        new Objective(new LastBlock.Error(), Metric.everywhere(Metric.Kind.IDENTITY), select));
  }

  /** The same training at a rate that is known. */
  public ReconstructionSettings at(double rate) {
    return new ReconstructionSettings(
        levels, order, new LearningRate.Fixed(rate), batchSize, objective);
  }

  /** Whether the learning rate is to be found by trials. */
  public boolean triesRates() {
    return trains() && learningRate instanceof LearningRate.Auto;
  }

  /**
   * The learning rate at the start of each wave; NaN where nothing is trained.
   *
   * @throws IllegalStateException if it is not known yet
   */
  public double rate() {
    if (!trains()) {
      return Double.NaN;
    }
    if (learningRate instanceof LearningRate.Fixed fixed) {
      return fixed.rate();
    }
    throw new IllegalStateException("The learning rate has not been tried yet");
  }

  /** Choice of the epoch whose weights are kept. */
  public Selection select() {
    return objective.select();
  }

  /** The target that the last block is trained towards. */
  public LastBlock lastBlock() {
    return objective.lastBlock();
  }

  /** Whether errors are measured in a metric at some level, which is to be found first. */
  public boolean needsMetrics() {
    return levels.stream().anyMatch(objective.metric()::isFisher);
  }

  /** Whether weights are trained at some level. */
  public boolean trains() {
    return levels.stream().anyMatch(Level::trains);
  }

  /** The rounds that a model with this many blocks goes through at a level. */
  public Rounds rounds(Level level, int blocks) {
    return order.rounds(level, blocks);
  }

  /** Whether blocks are pruned alike at all levels, so that they need be pruned only once. */
  public boolean levelsPruneAlike(int blocks) {
    return levels.stream().allMatch(level -> rounds(level, blocks).pruneOnDenseChain());
  }

  /** Number of blocks times epochs, all levels together. */
  public int blockEpochs(int blocks) {
    return levels.stream().mapToInt(level -> blockEpochs(level, blocks)).sum();
  }

  /** The same of one level. */
  public int blockEpochs(Level level, int blocks) {
    return rounds(level, blocks).blockEpochs();
  }

  /**
   * Fails where text and training do not go together: if the epoch is to be chosen by held-out
   * windows, but there are none, or if text is to be written, but nothing is trained on it.
   *
   * @param levelOption option by which the user asked for levels that train nothing
   * @throws UsageException if so
   */
  void requireText(SourceSettings source, String levelOption) {
    if (trains() && select() == Selection.HELD_OUT && source.calibration().heldOutSamples() == 0) {
      throw new UsageException(
          "--select held-out needs held-out windows, but --held-out is 0; raise it or give --select"
              + " last");
    }
    if (!trains() && source.selfGenerated().windows() > 0) {
      throw new UsageException(
          "--self-generated is to be trained on, but %s trains nothing; leave it out"
              .formatted(levelOption));
    }
  }

  /** The options of a command that trains at one level, or at the best of several. */
  @Topic.Of(Topic.TRAINING)
  static final class Options {
    /** The words of --reconstruct, explained at {@link Level}. */
    enum LevelName {
      LR,
      BR,
      GP,
      CR,
      BEST,
      AUTO;

      List<Level> levels() {
        return switch (this) {
          case LR -> List.of(Level.LR);
          case BR -> List.of(Level.BR);
          case GP -> List.of(Level.GP);
          case CR -> List.of(Level.CR);
          case BEST -> List.of(Level.BEST);
          case AUTO -> List.of(Level.BR, Level.GP, Level.CR, Level.BEST);
        };
      }

      @Override
      public String toString() {
        return name().toLowerCase(Locale.ROOT);
      }
    }

    @Option(
        names = "--reconstruct",
        paramLabel = "LEVEL",
        defaultValue = "best",
        description =
            "What the weights that stay are fitted to: lr (each layer by the pruner alone, nothing"
                + " is trained), br (each block to the dense block on the same input), gp (each"
                + " block to the dense model's own activations), cr (as gp, each block jointly with"
                + " its neighbours), best (Coppice's own: as cr, with masks that may shrink in training,"
                + " by a trial, errors that count by what they do to"
                + " what the model says, and a last pair that is trained to say what the dense model says) or auto (br, gp, cr and best, of which what generalises"
                + " best is kept)"
                + " (default: ${DEFAULT-VALUE}).")
    private LevelName level;

    @Mixin private final TrainingOptions training = new TrainingOptions();

    ReconstructionSettings settings() {
      return training.settings(level.levels());
    }

    Map<String, Object> derived() {
      return training.derived(level.levels());
    }

    List<String> remarks() {
      return training.remarks(level.levels());
    }
  }

  /** The options that hold for any levels. */
  @Topic.Of(Topic.TRAINING)
  static final class TrainingOptions {
    @Mixin private final ScheduleSettings.Options order = new ScheduleSettings.Options();

    @Option(
        names = "--learning-rate",
        paramLabel = "RATE",
        defaultValue = "2e-4",
        description =
            "Learning rate of AdamW at the start of each wave, from where it decays linearly to 0;"
                + " more than 0, at most 1; or auto: of 1e-4 to 4e-3 the one that does best on"
                + " held-out text in short trials on the first, a middle and the last block"
                + " (default: ${DEFAULT-VALUE}).")
    private String learningRate;

    @Option(
        names = "--batch-size",
        paramLabel = "N",
        defaultValue = "8",
        description =
            "Windows for each step of the optimiser, at least 1 (default: ${DEFAULT-VALUE}).")
    private int batchSize;

    @Option(
        names = "--select",
        paramLabel = "EPOCH",
        defaultValue = "held-out",
        description =
            "Epoch whose weights a block keeps: held-out (that with the lowest loss on held-out"
                + " windows, the start included) or last (the paper's) (default:"
                + " ${DEFAULT-VALUE}).")
    private Selection select;

    @Mixin private final LastBlock.Options lastBlock = new LastBlock.Options();

    @Mixin private final Metric.Options metric = new Metric.Options();

    /**
     * The settings of training at some levels.
     *
     * @throws UsageException if a value is out of its range or two contradict
     */
    ReconstructionSettings settings(List<Level> levels) {
      return new ReconstructionSettings(
          levels,
          order.settings(),
          LearningRate.parse("--learning-rate", learningRate),
          Check.atLeast("--batch-size", 1, batchSize),
          new Objective(lastBlock.settings(levels), metric.settings(levels), select));
    }

    Map<String, Object> derived(List<Level> levels) {
      Map<String, Object> values = new HashMap<>(order.derived());
      values.putAll(lastBlock.derived(levels));
      values.putAll(metric.derived(levels));
      LearningRate rate = LearningRate.parse("--learning-rate", learningRate);
      values.put(
          "learning-rate",
          rate instanceof LearningRate.Fixed fixed ? fixed.rate() : rate.toString());
      return values;
    }

    private static final String CR_AT_ONCE =
        "cr trains disjoint pairs in each wave, where the paper's slides over all; some models come out"
            + " no better than with gp, which auto finds out; --schedule sequential is the paper's";

    /** Sentences on how the options were understood at these levels. */
    List<String> remarks(List<Level> levels) {
      List<String> remarks = new ArrayList<>(lastBlock.remarks(levels));
      if (levels.equals(List.of(Level.CR)) && !order.isSequential()) {
        remarks.add(CR_AT_ONCE);
      }
      if (order.hasFewerWaves() && levels.stream().anyMatch(Level::trains)) {
        remarks.add(order.fewerWaves());
      }
      return remarks;
    }
  }
}
