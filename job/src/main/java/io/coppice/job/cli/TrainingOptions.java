package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import io.coppice.job.schedule.Parallel;
import io.coppice.job.schedule.Schedule;
import io.coppice.job.schedule.Sequential;
import io.coppice.job.schedule.Waves;
import io.coppice.reconstruct.Selection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Option;

/** In which order and how long the weights that stay are trained. */
@Topic.Of(Topic.TRAINING)
final class TrainingOptions {
  private static final int DEFAULT_WAVES = 3;

  /** The words of --schedule, one for each {@link Schedule}. */
  enum ScheduleName {
    SEQUENTIAL,
    PARALLEL,
    WAVES;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = "--schedule",
      paramLabel = "SCHEDULE",
      defaultValue = "waves",
      description =
          "Order of the blocks: sequential (the paper's: one after the other, each on what the"
              + " sparse blocks before it put out), parallel (all at once, on the dense model's"
              + " activations) or waves (all at once, several times: first as parallel, then on"
              + " what the sparse model of the wave before puts out, with weights carried on and"
              + " masks kept) (default: ${DEFAULT-VALUE}).")
  private ScheduleName schedule;

  @Option(
      names = "--waves",
      paramLabel = "K",
      description =
          "Waves of --schedule waves, at least 1 and at most --epochs, since every wave needs an"
              + " epoch (default: 3, or --epochs if fewer).")
  private Optional<Integer> waves;

  @Option(
      names = "--inputs",
      paramLabel = "INPUTS",
      description =
          "What blocks are trained on after the first wave: exact (the sparse model's activations,"
              + " as in the paper) or mixed (a random point between the dense and the sparse"
              + " model's, drawn for each window and epoch) (default: exact when sequential, else"
              + " mixed).")
  private Optional<Inputs> inputs;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      defaultValue = "10",
      description =
          "Passes over the calibration windows for each block, all waves together, at least 1;"
              + " with cr and sequential, in each of its two rounds (default: ${DEFAULT-VALUE}).")
  private int epochs;

  @Option(
      names = "--learning-rate",
      paramLabel = "RATE",
      defaultValue = "2e-4",
      description =
          "Learning rate of AdamW at the start of each wave, from where it decays linearly to 0;"
              + " more than 0, at most 1 (default: ${DEFAULT-VALUE}).")
  private double learningRate;

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
          "Epoch whose weights a block keeps: held-out (that with the lowest error on held-out"
              + " windows, the start included) or last (the paper's) (default: ${DEFAULT-VALUE}).")
  private Selection select;

  private boolean fewerWaves;

  /**
   * @param levels what is solved
   */
  ReconstructionSettings settings(List<Level> levels) {
    if (epochs < 1) {
      throw new UsageException(
          "--epochs must be at least 1, but is %d; to train nothing, give level lr"
              .formatted(epochs));
    }
    Check.atLeast("--batch-size", 1, batchSize);
    Check.positive("--learning-rate", 1, learningRate);
    fewerWaves =
        schedule == ScheduleName.WAVES
            && waves.isEmpty()
            && epochs < DEFAULT_WAVES
            && levels.stream().anyMatch(Level::trains);
    fillIn();
    return new ReconstructionSettings(
        levels, schedule(), inputs.orElseThrow(), epochs, learningRate, batchSize, select);
  }

  /**
   * Fails where the epoch is to be chosen by windows that there are none of.
   *
   * @param heldOut how many windows are held out
   */
  static void requireHeldOut(ReconstructionSettings settings, int heldOut) {
    if (settings.trains() && settings.select() == Selection.HELD_OUT && heldOut == 0) {
      throw new UsageException(
          "--select held-out needs held-out windows, but --held-out is 0; raise it or give --select"
              + " last");
    }
  }

  /**
   * Windows that are written must be trained on.
   *
   * @param levels how the user asked for levels that train nothing
   */
  static void requireUse(
      ReconstructionSettings settings, SelfGeneratedSettings written, String levels) {
    if (!settings.trains() && written.windows() > 0) {
      throw new UsageException(
          "--self-generated is to be trained on, but %s trains nothing; leave it out"
              .formatted(levels));
    }
  }

  /** What is to be said of the schedule; to be called after {@link #settings}. */
  List<String> remarks() {
    return fewerWaves
        ? List.of(
            "--epochs %d makes %s, not the usual %d: every wave needs an epoch"
                .formatted(epochs, epochs == 1 ? "1 wave" : epochs + " waves", DEFAULT_WAVES))
        : List.of();
  }

  /** Gives the options that depend on others their values, so that the record shows them. */
  private void fillIn() {
    inputs =
        inputs.or(
            () -> Optional.of(schedule == ScheduleName.SEQUENTIAL ? Inputs.EXACT : Inputs.MIXED));
    if (schedule == ScheduleName.WAVES) {
      waves = waves.or(() -> Optional.of(Math.min(DEFAULT_WAVES, epochs)));
    }
  }

  private Schedule schedule() {
    if (schedule != ScheduleName.WAVES && waves.isPresent()) {
      throw new UsageException(
          "--waves goes with --schedule waves only, but the schedule is %s; leave --waves out"
              .formatted(schedule));
    }
    return switch (schedule) {
      case SEQUENTIAL -> new Sequential();
      case PARALLEL -> new Parallel();
      case WAVES -> waves(waves.orElseThrow());
    };
  }

  private Schedule waves(int count) {
    Check.atLeast("--waves", 1, count);
    if (count > epochs) {
      throw new UsageException(
          "--waves %d is more than --epochs %d; every wave needs an epoch"
              .formatted(count, epochs));
    }
    return new Waves(count);
  }
}
