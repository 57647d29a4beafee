package io.coppice.job.cli;

import java.io.Serializable;

/**
 * All that {@code coppice demo} is asked to do.
 *
 * @param output folder for the sparse checkpoints
 * @param overwrite whether what is there already is replaced
 * @param seed decides windows, shuffling and mixing
 * @param requireNative whether to fail rather than compute without native BLAS
 */
public record DemoSettings(String output, boolean overwrite, long seed, boolean requireNative)
    implements Serializable {}
