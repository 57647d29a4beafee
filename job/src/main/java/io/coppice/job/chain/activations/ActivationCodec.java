package io.coppice.job.chain.activations;

import io.coppice.job.cli.ActivationSettings.ActivationType;
import io.coppice.tensor.BFloat16;
import io.coppice.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;

/** Activations as bytes, little-endian and row by row: float32, or bfloat16 to nearest even. */
final class ActivationCodec {
  private ActivationCodec() {}

  /** Bytes of one value. */
  static int bytes(ActivationType type) {
    return type == ActivationType.F32 ? Float.BYTES : Short.BYTES;
  }

  static byte[] encode(ActivationType type, Tensor tensor) {
    byte[] encoded = new byte[Math.toIntExact(tensor.size() * bytes(type))];
    ByteBuffer buffer = ByteBuffer.wrap(encoded).order(ByteOrder.LITTLE_ENDIAN);
    float[] row = new float[tensor.columns()];
    FloatBuffer floats = buffer.asFloatBuffer();
    ShortBuffer shorts = buffer.asShortBuffer();
    for (int i = 0; i < tensor.rows(); i++) {
      tensor.readRow(i, row);
      if (type == ActivationType.F32) {
        floats.put(row);
      } else {
        for (float value : row) {
          shorts.put(BFloat16.encode(value));
        }
      }
    }
    return encoded;
  }

  static void decode(ActivationType type, byte[] encoded, long firstElement, Tensor tensor) {
    int offset = Math.toIntExact(firstElement * bytes(type));
    int length = Math.toIntExact(tensor.size() * bytes(type));
    ByteBuffer buffer =
        ByteBuffer.wrap(encoded, offset, length).slice().order(ByteOrder.LITTLE_ENDIAN);
    float[] row = new float[tensor.columns()];
    FloatBuffer floats = buffer.asFloatBuffer();
    ShortBuffer shorts = buffer.asShortBuffer();
    for (int i = 0; i < tensor.rows(); i++) {
      if (type == ActivationType.F32) {
        floats.get(row);
      } else {
        for (int j = 0; j < row.length; j++) {
          row[j] = BFloat16.decode(shorts.get());
        }
      }
      tensor.writeRow(i, row);
    }
  }
}
