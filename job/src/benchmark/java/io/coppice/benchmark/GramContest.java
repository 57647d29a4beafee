package io.coppice.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.parallel.KernelPool;
import io.coppice.prune.Hessian;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Tensor;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.global.torch;

/**
 * XᵀX of a chunk of inputs added to a Hessian: ours a triangle whose sums are float64, theirs one
 * float32 product of the whole.
 */
final class GramContest implements Contest {
  private static final double TOLERANCE = 1e-4;
  private static final int ROWS = 1024;
  private static final int COLUMNS = 4096;

  private final Arena arena = Arena.unbounded("benchmark");
  private final KernelPool pool;
  private final TorchThread torchThread;
  private final Blas blas;
  private final Tensor inputs;
  private final Tensor product;
  private final Hessian hessian;
  private final org.bytedeco.pytorch.Tensor theirInputs;
  private final org.bytedeco.pytorch.Tensor theirHessian;
  private final org.bytedeco.pytorch.Tensor theirProduct;

  GramContest(int threads) {
    pool = new KernelPool(threads);
    blas = BlasProvider.blas().on(pool);
    torchThread = new TorchThread(threads);
    inputs = arena.tensor(ROWS, COLUMNS);
    new RandomValues(1).fill(inputs, 1);
    product = arena.tensor(COLUMNS, COLUMNS);
    hessian = new Hessian("the inputs", COLUMNS, blas, arena);
    theirInputs = torchThread.call(() -> TorchTensors.copy(inputs));
    theirHessian = torchThread.call(() -> torch.zeros(COLUMNS, COLUMNS));
    theirProduct = torchThread.call(() -> torch.empty(COLUMNS, COLUMNS));
  }

  @Override
  public double compare() {
    hessian.accumulate(inputs, 2);
    hessian.toFloat(product);
    double difference =
        torchThread.number(
            () -> {
              accumulateTheirs();
              return TorchTensors.difference(product, theirHessian);
            });
    assertThat(difference).as("the Hessian").isLessThan(TOLERANCE);
    return difference;
  }

  private void accumulateTheirs() {
    try (NoGradGuard guard = new NoGradGuard()) {
      theirHessian.addmm_(theirInputs.t(), theirInputs);
    }
  }

  @Override
  public TorchThread torch() {
    return torchThread;
  }

  @Override
  public double ours() {
    return Turns.seconds(() -> hessian.accumulate(inputs, 1));
  }

  @Override
  public double theirs() {
    return torchThread.seconds(this::accumulateTheirs);
  }

  @Override
  public double ourProducts() {
    return Turns.seconds(() -> blas.multiplyTransposedA(1, inputs, inputs, 0, product));
  }

  @Override
  public double theirProducts() {
    return torchThread.seconds(() -> torch.mm_out(theirProduct, theirInputs.t(), theirInputs));
  }

  @Override
  public void close() {
    hessian.close();
    torchThread.close();
    pool.close();
    arena.close();
  }
}
