package io.coppice.kernel;

import io.coppice.tensor.Tensor;

/** The rectifier, y = max(x, 0), element by element and in place. */
public final class Relu {
  private final VectorMath math = VectorMath.create();
  private final float[] tile = VectorMath.tile(Tiles.ELEMENTS);
  private final float[] gradientTile = VectorMath.tile(Tiles.ELEMENTS);

  /** x becomes y. */
  public void forward(Tensor x) {
    int width = Tiles.width(x);
    int height = Tiles.height(x);
    for (int row = 0; row < x.rows(); row += height) {
      int count = Math.min(height, x.rows() - row);
      for (int column = 0; column < x.columns(); column += width) {
        int length = Math.min(width, x.columns() - column);
        x.readRows(row, count, column, length, tile, length);
        math.relu(tile, count * length);
        x.writeRows(row, count, column, length, tile, length);
      }
    }
  }

  /**
   * Turns the gradient of y into that of x: dx = dy where y > 0, else 0.
   *
   * @param output y, of the forward
   */
  public void backward(Tensor output, Tensor gradient) {
    gradient.requireShape(output.rows(), output.columns());
    int width = Tiles.width(output);
    int height = Tiles.height(output);
    for (int row = 0; row < output.rows(); row += height) {
      int count = Math.min(height, output.rows() - row);
      for (int column = 0; column < output.columns(); column += width) {
        int length = Math.min(width, output.columns() - column);
        output.readRows(row, count, column, length, tile, length);
        gradient.readRows(row, count, column, length, gradientTile, length);
        math.reluBackward(tile, gradientTile, count * length);
        gradient.writeRows(row, count, column, length, gradientTile, length);
      }
    }
  }
}
