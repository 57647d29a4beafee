package io.coppice.kernel;

import io.coppice.tensor.Tensor;

/** Looks rows up in a table of vocabularySize × hiddenSize. */
public final class Embedding {
  private final VectorMath math = VectorMath.create();
  private final float[] row;
  private final float[] sum;

  public Embedding(int hiddenSize) {
    row = VectorMath.tile(hiddenSize);
    sum = VectorMath.tile(hiddenSize);
  }

  /**
   * @param ids n token ids, each in [0, vocabularySize)
   * @param table vocabularySize × hiddenSize
   * @param output n × hiddenSize, overwritten
   */
  public void forward(int[] ids, Tensor table, Tensor output) {
    output.requireShape(ids.length, table.columns());
    for (int i = 0; i < ids.length; i++) {
      table.readRow(ids[i], row);
      output.writeRow(i, row);
    }
  }

  /** Adds each row of {@code outputGradient} to the row of {@code tableGradient} of its id. */
  public void backward(int[] ids, Tensor outputGradient, Tensor tableGradient) {
    outputGradient.requireShape(ids.length, tableGradient.columns());
    for (int i = 0; i < ids.length; i++) {
      outputGradient.readRow(i, row);
      tableGradient.readRow(ids[i], sum);
      math.add(sum, row, tableGradient.columns());
      tableGradient.writeRow(ids[i], sum);
    }
  }
}
