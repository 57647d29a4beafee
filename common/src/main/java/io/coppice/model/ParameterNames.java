package io.coppice.model;

/** The names of a layer's weight and bias inside its block. */
record ParameterNames(String weight, String bias) {

  /** The names that PyTorch gives the parameters of a layer: {@code fc1.weight, fc1.bias}. */
  static ParameterNames of(String layer) {
    return new ParameterNames(layer + ".weight", layer + ".bias");
  }
}
