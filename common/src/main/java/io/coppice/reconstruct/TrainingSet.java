package io.coppice.reconstruct;

/**
 * What a span is trained on.
 *
 * @param data inputs and targets of all windows
 * @param training the windows to train on
 * @param heldOut those that are only measured
 */
public record TrainingSet(TrainingData data, WindowSet training, WindowSet heldOut) {}
