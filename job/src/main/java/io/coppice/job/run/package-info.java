/** The sub-commands from end to end, on the driver, and what they report. */
package io.coppice.job.run;
