package io.coppice.model;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Bf16Tensor;
import io.coppice.tensor.Blas;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Copies of the weights of a block's linear layers in bfloat16, for their products: made anew when
 * the weights have changed, once for all products until then. Norms and biases have none.
 */
public final class RoundedWeights {
  private final Map<String, Bf16Tensor> matrices;

  private RoundedWeights(Map<String, Bf16Tensor> matrices) {
    this.matrices = matrices;
  }

  /** Room for the copies; 2 bytes for each element of a matrix. */
  public static RoundedWeights allocate(List<WeightShape> shapes, Arena arena) {
    Map<String, Bf16Tensor> matrices = new LinkedHashMap<>();
    for (WeightShape shape : shapes) {
      if (shape.isPrunable()) {
        matrices.put(shape.name(), arena.bf16(shape.rows(), shape.columns()));
      }
    }
    return new RoundedWeights(matrices);
  }

  /** Rounds all matrices of the weights. */
  public void copy(BlockWeights weights, Blas blas) {
    matrices.forEach((name, matrix) -> blas.round(weights.tensor(name), matrix));
  }

  Bf16Tensor tensor(String name) {
    Bf16Tensor matrix = matrices.get(name);
    if (matrix == null) {
      throw new IllegalArgumentException("There is no rounded copy of " + name);
    }
    return matrix;
  }
}
