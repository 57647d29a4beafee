/**
 * The surroundings of every run: the Spark session and the classes that it sends through Kryo, the
 * descriptions of Spark's jobs, and the sentence that reports a failure.
 */
package io.coppice.job.session;
