/** Activations at block boundaries, kept for the tasks that train blocks on them. */
package io.coppice.job.chain.activations;
