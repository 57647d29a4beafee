package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import io.coppice.job.cli.OutputSettings.Choice;
import java.io.Serializable;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The task of {@code coppice prune}, checked as far as it can be without the model.
 *
 * @param source the model, and the text that it is pruned and trained on
 * @param output places of results
 * @param pruning choice of the weights that go
 * @param reconstruction training of the weights that stay
 * @param running way in which the run is carried out
 */
public record PruneSettings(
    SourceSettings source,
    OutputSettings output,
    PruningSettings pruning,
    ReconstructionSettings reconstruction,
    RunningSettings running)
    implements Serializable {

  /** Options on which neither the checkpoint nor what is measured depends, but for the output. */
  public static final Set<String> WITHOUT_EFFECT =
      Set.of(
          "work-dir",
          "overwrite",
          "keep-work",
          "restart",
          "skip-finished",
          "require-native",
          "threads",
          "activations",
          "local-cache",
          "sample-texts");

  /** Folder of the dense checkpoint, on any Hadoop file system. */
  public String model() {
    return source.model();
  }

  /**
   * Whether several levels begin with the same pruned blocks, which then need be pruned only once.
   *
   * @param blocks number of the model's blocks
   */
  public boolean levelsSharePruning(int blocks) {
    return reconstruction.levels().stream().filter(this::prunesAtOnce).count() > 1
        && reconstruction.levelsPruneAlike(blocks);
  }

  /** Whether blocks are pruned before they are trained at a level. */
  public boolean prunesAtOnce(Level level) {
    return pruning.masks().schedule(level).isEmpty();
  }

  /** Calibration text. */
  public CalibrationSettings calibration() {
    return source.calibration();
  }

  /** Text that the model writes to be trained on. */
  public SelfGeneratedSettings selfGenerated() {
    return source.selfGenerated();
  }

  /** Storage of activations. */
  public ActivationSettings activations() {
    return running.activations();
  }

  /** Number that decides windows, shuffling and mixing. */
  public long seed() {
    return running.seed();
  }

  /** Texts and tasks that the dense and the sparse model are measured on in the end, if any. */
  public MeasuredSettings measured() {
    return running.measured();
  }

  /** Arithmetic of the run. */
  public EngineSettings engine() {
    return running.engine();
  }

  /** Whether the run succeeds at once if the same command has made the output already. */
  public boolean skipFinished() {
    return output.skipFinished();
  }

  /** The options of {@code coppice prune}. */
  @Command(
      name = "prune",
      description = {
        "Prunes a checkpoint and reconstructs it block by block.",
        "",
        "  coppice prune --model models/llama --calibration text.jsonl --output sparse",
        "  coppice --master yarn --num-executors 32 -- prune --model hdfs:///models/llama-7b \\",
        "      --calibration hdfs:///text/c4 --output hdfs:///models/llama-7b-sparse",
        "",
        "Started again after a failure, it goes on with what is not finished.",
        ""
      })
  public static final class Options implements CommandOptions<PruneSettings> {
    @Mixin private final SourceSettings.Options source = new SourceSettings.Options();
    @Mixin private final OutputSettings.Options output = new OutputSettings.Options();

    @Topic.Of(Topic.RESULTS)
    @Option(
        names = "--skip-finished",
        description =
            "Succeed at once if the output is what the same command, of the same files, has made:"
                + " for a scheduler that tries again after a success that it missed.")
    private boolean skipFinished;

    @Mixin private final OutputSettings.FormOptions form = new OutputSettings.FormOptions();
    @Mixin private final OutputSettings.RestartOption restart = new OutputSettings.RestartOption();
    @Mixin private final PruningSettings.Options pruning = new PruningSettings.Options();

    @Mixin
    private final ReconstructionSettings.Options reconstruction =
        new ReconstructionSettings.Options();

    @Mixin private final RunningSettings.Options running = new RunningSettings.Options();

    @Override
    public PruneSettings settings() {
      SourceSettings read = source.settings();
      ReconstructionSettings training = reconstruction.settings();
      if (training.levels().size() > 1 && read.calibration().heldOutSamples() == 0) {
        throw new UsageException(
            "--reconstruct auto needs held-out windows, but --held-out is 0; raise it or give one"
                + " level");
      }
      training.requireText(read, "--reconstruct lr");
      return new PruneSettings(
          read,
          output.settings(read.model(), choices()),
          pruning.settings(training),
          training,
          running.settings(read.calibration().textField()));
    }

    private Map<Choice, Boolean> choices() {
      Map<Choice, Boolean> made = new EnumMap<>(form.choices());
      made.put(Choice.RESTART, restart.restart());
      made.put(Choice.SKIP_FINISHED, skipFinished);
      return made;
    }

    @Override
    public boolean resumes() {
      return true;
    }

    @Override
    public Map<String, Object> derived() {
      Map<String, Object> values = new HashMap<>(output.derived());
      values.putAll(pruning.derived(reconstruction.settings()));
      values.putAll(reconstruction.derived());
      values.putAll(running.derived());
      return values;
    }

    @Override
    public List<String> remarks() {
      return reconstruction.remarks();
    }
  }
}
