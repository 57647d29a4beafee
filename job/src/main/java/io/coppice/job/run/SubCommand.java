package io.coppice.job.run;

import io.coppice.job.cli.CommandOptions;

/**
 * A sub-command: what it can be asked, and what it does.
 *
 * @param options its options, which carry its name and help
 * @param action what runs with the settings that they add up to
 */
public record SubCommand<S>(CommandOptions<S> options, Action<S> action) {}
