package io.coppice.job.config;

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
 * @param methods pruners, at least one
 * @param patterns where zeros may stand, at least one
 * @param refit steps of conjugate gradients after pruning, 0 for none
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
    List<PruningMethod> methods,
    List<SparsityPattern> patterns,
    int refit,
    List<Long> seeds,
    ReconstructionSettings reconstruction,
    ActivationSettings activations,
    EvaluateSettings evaluation)
    implements Serializable {
  public AblateSettings {
    methods = List.copyOf(methods);
    patterns = List.copyOf(patterns);
    seeds = List.copyOf(seeds);
  }

  /** Reconstructions in all. */
  public int count() {
    return methods.size() * patterns.size() * seeds.size() * reconstruction.levels().size();
  }
}
