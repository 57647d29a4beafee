/**
 * The options of every sub-command, on the command line and in configuration files, and the
 * settings that they fill.
 *
 * <p>A file holds a topic: a record named {@code ...Settings}, which the rest of the program sees,
 * and nested in it the {@code Options} that the parser fills. Those of a sub-command, such as
 * {@link io.coppice.job.cli.PruneSettings.Options}, are made up of those of its topics.
 */
package io.coppice.job.cli;
