/** Blocks pruned and reconstructed, in tasks, in the order that the schedule asks for. */
package io.coppice.job.block;
