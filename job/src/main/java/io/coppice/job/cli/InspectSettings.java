package io.coppice.job.cli;

import java.io.Serializable;

/**
 * All that {@code coppice inspect} is asked to do.
 *
 * @param model folder of the checkpoint, on any Hadoop file system
 */
public record InspectSettings(String model) implements Serializable {}
