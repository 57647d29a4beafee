package io.coppice.job.run;

import io.coppice.job.cli.CommandOptions;

/**
 * A sub-command: its options, and the action that they lead to.
 *
 * @param options its options, which carry its name and help
 * @param action runs with the settings that they add up to
 */
public record SubCommand<S>(CommandOptions<S> options, Action<S> action) {}
