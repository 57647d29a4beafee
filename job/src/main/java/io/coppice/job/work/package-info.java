/** What a run has finished, kept on the file system for a run that goes on with it. */
package io.coppice.job.work;
