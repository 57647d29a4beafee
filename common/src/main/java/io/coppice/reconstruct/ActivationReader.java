package io.coppice.reconstruct;

import io.coppice.tensor.Tensor;

/** The activations of every window at one block boundary of one chain. */
@FunctionalInterface
public interface ActivationReader {

  /**
   * @param window the window's index; calibration windows come first, then the held-out ones
   * @param destination T × hidden_size, overwritten
   */
  void read(int window, Tensor destination);

  /**
   * Reads consecutive windows.
   *
   * @param first the first one
   * @param sequenceLength T
   * @param destination count·T × hidden_size, overwritten
   */
  default void readFrom(int first, int sequenceLength, Tensor destination) {
    for (int i = 0; i < destination.rows() / sequenceLength; i++) {
      read(first + i, destination.rows(i * sequenceLength, sequenceLength));
    }
  }
}
