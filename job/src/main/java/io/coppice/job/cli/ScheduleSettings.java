package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import io.coppice.job.schedule.InputChain;
import io.coppice.job.schedule.Parallel;
import io.coppice.job.schedule.Rounds;
import io.coppice.job.schedule.Schedule;
import io.coppice.job.schedule.Sequential;
import io.coppice.job.schedule.Waves;
import io.coppice.job.schedule.Workload;
import java.io.Serializable;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/**
 * The order in which blocks are trained, on which inputs, and for how long.
 *
 * @param schedule order of the blocks
 * @param inputs activations that a block is trained on after the first wave
 * @param epochs passes over the calibration windows per block, all waves together; in each of the
 *     two rounds of sequential {@link Level#CR}
 */
public record ScheduleSettings(Schedule schedule, TrainingInputs inputs, int epochs)
    implements Serializable {

  /** The rounds that a model with this many blocks goes through at a level. */
  Rounds rounds(Level level, int blocks) {
    return schedule.rounds(
        new Workload(blocks, level.spanLength(), level.trains() ? epochs : 0, inputs.chain()));
  }

  /** The inputs that a block may be trained on where the sparse chain's activations X are known. */
  public enum TrainingInputs {
    /** The sparse chain's activations, as in the paper. */
    EXACT("exact", InputChain.SPARSE),
    /** A point between the dense and the sparse activations, drawn anew per sequence and epoch. */
    MIXED("mixed", InputChain.MIXED);

    private final String word;
    private final InputChain chain;

    TrainingInputs(String word, InputChain chain) {
      this.word = word;
      this.chain = chain;
    }

    /** The chain that a schedule takes them from. */
    InputChain chain() {
      return chain;
    }

    /** The word of the command line. */
    @Override
    public String toString() {
      return word;
    }
  }

  /** The options that say in which order, on which inputs, and for how long blocks are trained. */
  @Topic.Of(Topic.TRAINING)
  static final class Options {
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
            "What blocks are trained on after the first wave: exact (the sparse model's"
                + " activations, as in the paper) or mixed (a random point between the dense and"
                + " the sparse model's, drawn for each window and epoch) (default: exact when"
                + " sequential, else mixed).")
    private Optional<TrainingInputs> inputs;

    @Option(
        names = "--epochs",
        paramLabel = "N",
        defaultValue = "10",
        description =
            "Passes over the calibration windows for each block, all waves together, at least 1 and at most 100000;"
                + " with cr or best and sequential, in each of two rounds (default: ${DEFAULT-VALUE}).")
    private int epochs;

    /** So that those of all blocks can be counted. */
    private static final int MOST_EPOCHS = 100_000;

    ScheduleSettings settings() {
      if (epochs < 1) {
        throw new UsageException(
            "--epochs must be at least 1, but is %d; to train nothing, give level lr"
                .formatted(epochs));
      }
      Check.between("--epochs", 1, MOST_EPOCHS, epochs);
      return new ScheduleSettings(schedule(), inputs(), epochs);
    }

    /** The inputs and the number of waves, which have defaults that depend on other options. */
    Map<String, Object> derived() {
      return schedule == ScheduleName.WAVES
          ? Map.of("inputs", inputs(), "waves", waves())
          : Map.of("inputs", inputs());
    }

    private TrainingInputs inputs() {
      return inputs.orElse(
          schedule == ScheduleName.SEQUENTIAL ? TrainingInputs.EXACT : TrainingInputs.MIXED);
    }

    private int waves() {
      return waves.orElse(Math.min(DEFAULT_WAVES, epochs));
    }

    /** Whether blocks are trained one after the other. */
    boolean isSequential() {
      return schedule == ScheduleName.SEQUENTIAL;
    }

    /** Whether there are fewer waves than usual, though nobody asked for fewer. */
    boolean hasFewerWaves() {
      return schedule == ScheduleName.WAVES && waves.isEmpty() && epochs < DEFAULT_WAVES;
    }

    /** The remark on it. */
    String fewerWaves() {
      return "--epochs %d makes %s, not the usual %d: every wave needs an epoch"
          .formatted(epochs, epochs == 1 ? "1 wave" : epochs + " waves", DEFAULT_WAVES);
    }

    private Schedule schedule() {
      if (schedule != ScheduleName.WAVES) {
        Check.absent("--waves", waves, "--schedule waves", "the schedule is " + schedule);
      }
      return switch (schedule) {
        case SEQUENTIAL -> new Sequential();
        case PARALLEL -> new Parallel();
        case WAVES -> waves(waves());
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
}
