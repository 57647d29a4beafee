package io.coppice.job.cli;

import io.coppice.prune.PruningMethod;
import io.coppice.prune.SparsityPattern;
import java.io.Serializable;
import java.util.List;

/**
 * All that {@code coppice ablate} is asked to do.
 *
 * @param model folder of the dense checkpoint, on any Hadoop file system
 * @param calibration text that calibrates
 * @param selfGenerated text that the model writes for itself
 * @param output where the tables go
 * @param prunings each method in each pattern, at least one
 * @param seeds at least one; each draws its own windows
 * @param reconstruction at its levels, how weights are trained
 * @param activations how activations are kept
 * @param evaluation of every sparse model, on texts of which there may be none
 */
public record AblateSettings(
    String model,
    CalibrationSettings calibration,
    SelfGeneratedSettings selfGenerated,
    OutputSettings output,
    List<PruningSettings> prunings,
    List<Long> seeds,
    ReconstructionSettings reconstruction,
    ActivationSettings activations,
    EvaluateSettings evaluation)
    implements Serializable {
  public AblateSettings {
    prunings = List.copyOf(prunings);
    seeds = List.copyOf(seeds);
  }

  /** The methods, in the order asked for. */
  public List<PruningMethod> methods() {
    return prunings.stream().map(PruningSettings::method).distinct().toList();
  }

  /** The patterns, in the order asked for. */
  public List<SparsityPattern> patterns() {
    return prunings.stream().map(PruningSettings::pattern).distinct().toList();
  }
}
