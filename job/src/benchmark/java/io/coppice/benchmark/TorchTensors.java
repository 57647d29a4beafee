package io.coppice.benchmark;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Copies between Coppice's tensors and libtorch's, and comparisons. */
final class TorchTensors {
  private TorchTensors() {}

  /** A float32 copy, of rows × columns. */
  static Tensor copy(io.coppice.tensor.Tensor source) {
    Tensor copy = torch.empty(source.rows(), source.columns());
    overwrite(copy, source);
    return copy;
  }

  /** Copies all values into a contiguous float32 tensor of as many. */
  static void overwrite(Tensor destination, io.coppice.tensor.Tensor source) {
    float[] row = new float[source.columns()];
    try (PointerScope scope = new PointerScope()) {
      FloatPointer values = new FloatPointer(destination.data_ptr());
      for (int i = 0; i < source.rows(); i++) {
        source.readRow(i, row);
        values.position((long) i * row.length).put(row, 0, row.length);
      }
    }
  }

  static Scalar scalar(double value) {
    return new Scalar(value);
  }

  /** ‖ours − theirs‖ / ‖theirs‖, of all elements. */
  static double difference(io.coppice.tensor.Tensor ours, Tensor theirs) {
    if (ours.size() != theirs.numel()) {
      throw new IllegalArgumentException(ours + " beside " + theirs.numel() + " elements");
    }
    try (PointerScope scope = new PointerScope()) {
      Tensor plain = theirs.detach().to(torch.ScalarType.Float).contiguous();
      FloatPointer values = new FloatPointer(plain.data_ptr());
      float[] own = new float[ours.columns()];
      float[] other = new float[own.length];
      double difference = 0;
      double norm = 0;
      for (int i = 0; i < ours.rows(); i++) {
        ours.readRow(i, own);
        values.position((long) i * own.length).get(other, 0, other.length);
        for (int j = 0; j < own.length; j++) {
          double distance = (double) own[j] - other[j];
          difference += distance * distance;
          norm += (double) other[j] * other[j];
        }
      }
      return Math.sqrt(difference / norm);
    }
  }
}
