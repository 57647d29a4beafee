package io.coppice.reconstruct;

import io.coppice.model.BlockFactory;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Bf16Tensor;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Operand;
import io.coppice.tensor.Precision;
import io.coppice.tensor.Tensor;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A matrix of products that stays as it is once it has been read; with bfloat16 products it is
 * rounded then. Takes 4 bytes an element (6 with bfloat16).
 */
final class FrozenMatrix {
  private final Blas blas;
  private final Tensor values;
  private final Optional<Bf16Tensor> rounded;

  FrozenMatrix(BlockFactory factory, int rows, int columns, Arena arena) {
    blas = factory.blas();
    values = arena.tensor(rows, columns);
    rounded =
        factory.precision() == Precision.BF16
            ? Optional.of(arena.bf16(rows, columns))
            : Optional.empty();
  }

  /** Fills it in. */
  void read(Consumer<Tensor> source) {
    source.accept(values);
    rounded.ifPresent(copy -> blas.round(values, copy));
  }

  /** The matrix as products read it. */
  Operand operand(Precision read) {
    return read == Precision.BF16 ? rounded.orElseThrow() : values;
  }
}
