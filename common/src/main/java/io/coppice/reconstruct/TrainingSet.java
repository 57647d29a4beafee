package io.coppice.reconstruct;

/**
 * The windows that a span is trained on, and those that only measure.
 *
 * @param data inputs and targets of all windows
 * @param training the windows to train on
 * @param heldOut those that are only measured
 */
public record TrainingSet(TrainingData data, WindowSet training, WindowSet heldOut) {}
