package io.coppice.kernel;

import io.coppice.parallel.KernelPool;
import io.coppice.parallel.PerWorker;
import io.coppice.tensor.Tensor;

/** The rectifier, y = max(x, 0), element by element and in place. */
public final class Relu {
  private final PerWorker<Scratch> workers;

  /** The tiles of one thread. */
  private static final class Scratch {
    private final VectorMath math = VectorMath.create();
    private final float[] values = VectorMath.tile(Tiles.ELEMENTS);
    private final float[] gradients = VectorMath.tile(Tiles.ELEMENTS);
  }

  public Relu(KernelPool pool) {
    workers = new PerWorker<>(pool, Scratch::new);
  }

  /** x becomes y. */
  public void forward(Tensor x) {
    workers.rows(
        x.rows(), x.columns(), (own, first, count) -> forwardRows(own, x.rows(first, count)));
  }

  private static void forwardRows(Scratch own, Tensor x) {
    int width = Tiles.width(x);
    int height = Tiles.height(x);
    for (int row = 0; row < x.rows(); row += height) {
      int count = Math.min(height, x.rows() - row);
      for (int column = 0; column < x.columns(); column += width) {
        int length = Math.min(width, x.columns() - column);
        x.readRows(row, count, column, length, own.values, length);
        own.math.relu(own.values, count * length);
        x.writeRows(row, count, column, length, own.values, length);
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
    workers.rows(
        output.rows(),
        output.columns(),
        (own, first, count) ->
            backwardRows(own, output.rows(first, count), gradient.rows(first, count)));
  }

  private static void backwardRows(Scratch own, Tensor output, Tensor gradient) {
    int width = Tiles.width(output);
    int height = Tiles.height(output);
    for (int row = 0; row < output.rows(); row += height) {
      int count = Math.min(height, output.rows() - row);
      for (int column = 0; column < output.columns(); column += width) {
        int length = Math.min(width, output.columns() - column);
        output.readRows(row, count, column, length, own.values, length);
        gradient.readRows(row, count, column, length, own.gradients, length);
        own.math.reluBackward(own.values, own.gradients, count * length);
        gradient.writeRows(row, count, column, length, own.gradients, length);
      }
    }
  }
}
