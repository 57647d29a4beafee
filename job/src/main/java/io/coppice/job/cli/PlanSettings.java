package io.coppice.job.cli;

import java.io.Serializable;

/**
 * What {@code coppice plan} is asked.
 *
 * @param prune the run that is planned
 * @param rate GFLOP/s of one task, where nothing is measured
 * @param probe whether it is measured on this machine
 * @param json whether the plan is printed as JSON
 */
public record PlanSettings(PruneSettings prune, double rate, boolean probe, boolean json)
    implements Serializable {}
