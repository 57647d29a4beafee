/** The sub-commands from end to end, on the driver, and their reports. */
package io.coppice.job.run;
