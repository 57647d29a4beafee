/** The command line: each sub-command's options, declared once, checked, turned into settings. */
package io.coppice.job.command;
