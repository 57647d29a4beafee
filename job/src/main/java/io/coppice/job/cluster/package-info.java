/**
 * The means that tasks work with where they run: Hadoop's configuration, the model, the executor's
 * BLAS and its memory.
 */
package io.coppice.job.cluster;
