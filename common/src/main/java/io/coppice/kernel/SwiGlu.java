package io.coppice.kernel;

import io.coppice.tensor.Tensor;

/**
 * The gate of a LLaMA feed-forward layer: output = silu(gate) · up, element by element, with
 * silu(x) = x σ(x). All tensors are n × intermediateSize. Shazeer, "GLU Variants Improve
 * Transformer", arXiv 2002.05202.
 */
public final class SwiGlu {
  private final VectorMath math = VectorMath.create();
  private final float[] gateTile = VectorMath.tile(Tiles.ELEMENTS);
  private final float[] upTile = VectorMath.tile(Tiles.ELEMENTS);
  private final float[] outputTile = VectorMath.tile(Tiles.ELEMENTS);

  /** {@code output = silu(gate) · up}; output may be gate or up. */
  public void forward(Tensor gate, Tensor up, Tensor output) {
    up.requireShape(gate.rows(), gate.columns());
    output.requireShape(gate.rows(), gate.columns());
    int width = Tiles.width(gate);
    int height = Tiles.height(gate);
    for (int row = 0; row < gate.rows(); row += height) {
      int count = Math.min(height, gate.rows() - row);
      for (int column = 0; column < gate.columns(); column += width) {
        int length = Math.min(width, gate.columns() - column);
        gate.readRows(row, count, column, length, gateTile, length);
        up.readRows(row, count, column, length, upTile, length);
        math.swiGlu(gateTile, upTile, outputTile, count * length);
        output.writeRows(row, count, column, length, outputTile, length);
      }
    }
  }

  /**
   * {@code gateGradient = dy · up · silu'(gate)} and {@code upGradient = dy · silu(gate)},
   * overwritten; either may be {@code outputGradient}, {@code gate} or {@code up}.
   */
  public void backward(
      Tensor gate, Tensor up, Tensor outputGradient, Tensor gateGradient, Tensor upGradient) {
    up.requireShape(gate.rows(), gate.columns());
    outputGradient.requireShape(gate.rows(), gate.columns());
    gateGradient.requireShape(gate.rows(), gate.columns());
    upGradient.requireShape(gate.rows(), gate.columns());
    int width = Tiles.width(gate);
    int height = Tiles.height(gate);
    for (int row = 0; row < gate.rows(); row += height) {
      int count = Math.min(height, gate.rows() - row);
      for (int column = 0; column < gate.columns(); column += width) {
        int length = Math.min(width, gate.columns() - column);
        gate.readRows(row, count, column, length, gateTile, length);
        up.readRows(row, count, column, length, upTile, length);
        outputGradient.readRows(row, count, column, length, outputTile, length);
        math.swiGluBackward(gateTile, upTile, outputTile, count * length);
        gateGradient.writeRows(row, count, column, length, outputTile, length);
        upGradient.writeRows(row, count, column, length, upTile, length);
      }
    }
  }
}
