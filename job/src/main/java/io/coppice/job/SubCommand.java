package io.coppice.job;

import io.coppice.job.command.CommandOptions;

/**
 * A sub-command: what it can be asked, and what it does.
 *
 * @param options its options, which carry its name and help
 * @param action what runs with the settings that they add up to
 */
record SubCommand<S>(CommandOptions<S> options, Action<S> action) {}
