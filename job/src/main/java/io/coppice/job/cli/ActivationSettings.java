package io.coppice.job.cli;

import java.io.Serializable;

/**
 * How activations at block boundaries are kept.
 *
 * @param store where
 * @param type in which number format
 */
public record ActivationSettings(ActivationStore store, ActivationType type)
    implements Serializable {}
