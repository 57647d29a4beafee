package io.coppice.kernel;

import io.coppice.parallel.KernelPool;
import io.coppice.parallel.PerWorker;
import io.coppice.tensor.Tensor;

/**
 * The gate of a LLaMA feed-forward layer: output = silu(gate) · up, element by element, with
 * silu(x) = x σ(x). All tensors are n × intermediateSize. Shazeer, "GLU Variants Improve
 * Transformer", arXiv 2002.05202.
 */
public final class SwiGlu {
  private final PerWorker<Scratch> workers;

  /** The tiles of one thread. */
  private static final class Scratch {
    private final VectorMath math = VectorMath.create();
    private final float[] gate = VectorMath.tile(Tiles.ELEMENTS);
    private final float[] up = VectorMath.tile(Tiles.ELEMENTS);
    private final float[] output = VectorMath.tile(Tiles.ELEMENTS);
  }

  public SwiGlu(KernelPool pool) {
    workers = new PerWorker<>(pool, Scratch::new);
  }

  /** {@code output = silu(gate) · up}; output may be gate or up. */
  public void forward(Tensor gate, Tensor up, Tensor output) {
    up.requireShape(gate.rows(), gate.columns());
    output.requireShape(gate.rows(), gate.columns());
    workers.rows(
        gate.rows(),
        gate.columns(),
        (own, first, count) ->
            forwardRows(
                own, gate.rows(first, count), up.rows(first, count), output.rows(first, count)));
  }

  private static void forwardRows(Scratch own, Tensor gate, Tensor up, Tensor output) {
    int width = Tiles.width(gate);
    int height = Tiles.height(gate);
    for (int row = 0; row < gate.rows(); row += height) {
      int count = Math.min(height, gate.rows() - row);
      for (int column = 0; column < gate.columns(); column += width) {
        int length = Math.min(width, gate.columns() - column);
        gate.readRows(row, count, column, length, own.gate, length);
        up.readRows(row, count, column, length, own.up, length);
        own.math.swiGlu(own.gate, own.up, own.output, count * length);
        output.writeRows(row, count, column, length, own.output, length);
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
    workers.rows(
        gate.rows(),
        gate.columns(),
        (own, first, count) ->
            backwardRows(
                own,
                gate.rows(first, count),
                up.rows(first, count),
                outputGradient.rows(first, count),
                gateGradient.rows(first, count),
                upGradient.rows(first, count)));
  }

  private static void backwardRows(
      Scratch own,
      Tensor gate,
      Tensor up,
      Tensor outputGradient,
      Tensor gateGradient,
      Tensor upGradient) {
    int width = Tiles.width(gate);
    int height = Tiles.height(gate);
    for (int row = 0; row < gate.rows(); row += height) {
      int count = Math.min(height, gate.rows() - row);
      for (int column = 0; column < gate.columns(); column += width) {
        int length = Math.min(width, gate.columns() - column);
        gate.readRows(row, count, column, length, own.gate, length);
        up.readRows(row, count, column, length, own.up, length);
        outputGradient.readRows(row, count, column, length, own.output, length);
        own.math.swiGluBackward(own.gate, own.up, own.output, count * length);
        gateGradient.writeRows(row, count, column, length, own.output, length);
        upGradient.writeRows(row, count, column, length, own.up, length);
      }
    }
  }
}
