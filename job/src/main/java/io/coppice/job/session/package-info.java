/**
 * Around every run: the Spark session and what it sends through Kryo, the stages that Spark's jobs
 * are described by, and whose fault a failure is.
 */
package io.coppice.job.session;
