/** The record of a finished run: its files, and what those who show a run read in them. */
package io.coppice.job.record;
