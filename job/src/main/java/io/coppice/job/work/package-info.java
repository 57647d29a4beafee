/** Keeps the finished parts of a run on the file system, for a run that continues it. */
package io.coppice.job.work;
