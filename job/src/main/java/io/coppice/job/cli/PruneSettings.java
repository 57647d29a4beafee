package io.coppice.job.cli;

import java.io.Serializable;

/**
 * All that {@code coppice prune} is asked to do, checked as far as it can be without the model.
 *
 * @param model folder of the dense checkpoint, on any Hadoop file system
 * @param calibration text that calibrates
 * @param selfGenerated what the model writes to be trained on
 * @param output where results go
 * @param pruning which weights go
 * @param reconstruction how the others are trained
 * @param activations how activations are kept
 * @param seed decides windows, shuffling and mixing
 * @param requireNative whether to fail rather than compute without native BLAS
 * @param skipFinished whether an output that the same command has made is success
 */
public record PruneSettings(
    String model,
    CalibrationSettings calibration,
    SelfGeneratedSettings selfGenerated,
    OutputSettings output,
    PruningSettings pruning,
    ReconstructionSettings reconstruction,
    ActivationSettings activations,
    long seed,
    boolean requireNative,
    boolean skipFinished)
    implements Serializable {}
