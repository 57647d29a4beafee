package io.coppice.tensor;

/** Code that oneDNN compiled for one shape; freed when closed. */
sealed interface OneDnnPrimitive extends AutoCloseable permits Bf16Product, Bf16Copy {
  @Override
  void close();
}
