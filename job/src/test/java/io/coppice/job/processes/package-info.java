/** Clusters of processes on this machine, for tests: Spark of any version, HDFS, YARN. */
package io.coppice.job.processes;
