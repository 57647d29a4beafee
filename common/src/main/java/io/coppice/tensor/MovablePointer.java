package io.coppice.tensor;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/** A pointer that is used again for every call, so that a call allocates none. */
final class MovablePointer extends FloatPointer {
  MovablePointer() {
    super((Pointer) null);
  }

  MovablePointer at(long newAddress) {
    address = newAddress;
    return this;
  }
}
