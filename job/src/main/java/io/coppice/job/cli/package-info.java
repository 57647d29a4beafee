/**
 * The options of every sub-command, on the command line and in configuration files, and the
 * settings that they fill. Names ending in {@code Options} are read by the parser; names ending in
 * {@code Settings} are what the rest of the program sees.
 */
package io.coppice.job.cli;
