package io.coppice.benchmark;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Rotary positions in libtorch's calls: x · cos + (−x₂, x₁) · sin, where x₁ and x₂ are a head's
 * halves.
 *
 * @param cos tokens × head size
 * @param sin of the same shape
 */
record TorchRope(Tensor cos, Tensor sin) {

  static TorchRope of(BlockShape shape, torch.ScalarType type) {
    int size = shape.headSize();
    float[] cosines = new float[shape.tokens() * size];
    float[] sines = new float[cosines.length];
    for (int position = 0; position < shape.tokens(); position++) {
      for (int i = 0; i < size; i++) {
        int pair = i % (size / 2);
        float frequency = 1 / (float) Math.pow(BlockShape.ROPE_THETA, 2f * pair / size);
        float angle = position * frequency;
        cosines[position * size + i] = (float) Math.cos(angle);
        sines[position * size + i] = (float) Math.sin(angle);
      }
    }
    return new TorchRope(table(cosines, shape).to(type), table(sines, shape).to(type));
  }

  private static Tensor table(float[] values, BlockShape shape) {
    Tensor table = torch.empty(shape.tokens(), shape.headSize());
    new FloatPointer(table.data_ptr()).put(values);
    return table;
  }

  /**
   * @param heads windows × heads × tokens × head size
   * @param position of the first token
   */
  Tensor rotate(Tensor heads, long position) {
    long tokens = heads.size(2);
    long half = heads.size(3) / 2;
    Tensor first = heads.narrow(-1, 0, half);
    Tensor second = heads.narrow(-1, half, half);
    Tensor turned = torch.cat(new TensorVector(second.neg(), first), -1);
    return heads
        .mul(cos.narrow(0, position, tokens))
        .add(turned.mul(sin.narrow(0, position, tokens)));
  }
}
