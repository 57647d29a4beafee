package io.coppice.job.cli;

import io.coppice.reconstruct.Selection;
import java.io.Serializable;

/**
 * The loss that training lowers, and the epoch that is kept for it.
 *
 * @param lastBlock what the last block is trained towards; all others towards activations
 * @param select choice of the epoch whose weights are kept
 */
public record Objective(LastBlock lastBlock, Selection select) implements Serializable {}
