/** The model card, {@code README.md}, of a pruned checkpoint: made of the run's record alone. */
package io.coppice.job.card;
