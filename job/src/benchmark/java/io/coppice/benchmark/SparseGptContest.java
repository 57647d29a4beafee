package io.coppice.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.parallel.KernelPool;
import io.coppice.prune.Hessian;
import io.coppice.prune.SparseGptPruner;
import io.coppice.prune.SparsityPattern;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Offset;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.global.torch;

/**
 * One layer pruned by SparseGPT from its Hessian, the factoring included. The two need not choose
 * the same mask to the last weight, because theirs factors in float32: compared are the errors that
 * they leave in the layer's output, tr(ΔHΔᵀ), and how many weights are pruned on one side only.
 */
final class SparseGptContest implements Contest {
  private static final double TOLERANCE = 1e-2;

  /** Of 11008 inputs and 4096 rows of them, the scores that both compare by lie close together. */
  private static final double MASK_TOLERANCE = 3e-2;

  private static final int INPUT_ROWS = 4096;

  private final SparsityPattern pattern;
  private final Arena arena = Arena.unbounded("benchmark");
  private final KernelPool pool;
  private final Blas blas;
  private final TorchThread torchThread;
  private final Tensor inputs;
  private final Tensor dense;
  private final Tensor pruned;
  private final org.bytedeco.pytorch.Tensor theirDense;
  private final org.bytedeco.pytorch.Tensor theirPruned;
  private final org.bytedeco.pytorch.Tensor theirHessian;
  private final Runnable ourUpdates;
  private final Runnable theirUpdates;

  SparseGptContest(int rows, int columns, SparsityPattern pattern, int threads) {
    this.pattern = pattern;
    pool = new KernelPool(threads);
    blas = BlasProvider.blas().on(pool);
    torchThread = new TorchThread(threads);
    inputs = arena.tensor(INPUT_ROWS, columns);
    dense = arena.tensor(rows, columns);
    pruned = arena.tensor(rows, columns);
    RandomValues random = new RandomValues(1);
    random.fill(inputs, 1);
    random.fill(dense, 1 / Math.sqrt(columns));
    theirDense = torchThread.call(() -> TorchTensors.copy(dense));
    theirPruned = torchThread.call(() -> TorchTensors.copy(dense));
    theirHessian = torchThread.call(() -> torch.empty(columns, columns));
    try (Arena copy = arena.scope("a copy of the Hessian");
        Hessian hessian = hessian()) {
      Tensor values = copy.tensor(columns, columns);
      hessian.toFloat(values);
      torchThread.run(() -> TorchTensors.overwrite(theirHessian, values));
    }
    ourUpdates = ourUpdates();
    theirUpdates = torchThread.call(this::theirUpdates);
  }

  private Hessian hessian() {
    Hessian hessian = new Hessian("the inputs", inputs.columns(), blas, arena);
    hessian.accumulate(inputs, INPUT_ROWS);
    return hessian;
  }

  @Override
  public double compare() {
    ours();
    theirs();
    double difference =
        torchThread.number(
            () -> {
              org.bytedeco.pytorch.Tensor own = TorchTensors.copy(pruned);
              double elsewhere = masked(own).ne(masked(theirPruned)).sum().item_double();
              assertThat(elsewhere / pruned.size())
                  .as("pruned on one side")
                  .isLessThan(MASK_TOLERANCE);
              assertThat(masked(own).sum().item_double() / pruned.size())
                  .as("sparsity")
                  .isCloseTo(
                      masked(theirPruned).sum().item_double() / pruned.size(), Offset.offset(1e-5));
              return Math.abs(outputError(own) / outputError(theirPruned) - 1);
            });
    assertThat(difference).as("the error in the output").isLessThan(TOLERANCE);
    return difference;
  }

  private static org.bytedeco.pytorch.Tensor masked(org.bytedeco.pytorch.Tensor weight) {
    return weight.eq(TorchTensors.scalar(0));
  }

  private double outputError(org.bytedeco.pytorch.Tensor weight) {
    org.bytedeco.pytorch.Tensor change = weight.sub(theirDense);
    return change.matmul(theirHessian).mul(change).sum().item_double();
  }

  @Override
  public TorchThread torch() {
    return torchThread;
  }

  @Override
  public double ours() {
    pruned.copyFrom(dense);
    SparseGptPruner pruner = SparseGptPruner.withDefaults(blas);
    try (Hessian hessian = hessian()) {
      return Turns.seconds(() -> pruner.prune("the layer", pruned, hessian, pattern));
    }
  }

  @Override
  public double theirs() {
    return torchThread.number(
        () -> {
          theirPruned.copy_(theirDense);
          org.bytedeco.pytorch.Tensor hessian = theirHessian.clone();
          return Turns.seconds(() -> new TorchSparseGpt(pattern).prune(theirPruned, hessian));
        });
  }

  /** The products with which a block's errors change the columns to its right. */
  private Runnable ourUpdates() {
    int rows = dense.rows();
    int columns = dense.columns();
    Tensor errors = arena.tensor(rows, TorchSparseGpt.WIDTH);
    Tensor factor = arena.tensor(TorchSparseGpt.WIDTH, columns);
    RandomValues random = new RandomValues(2);
    random.fill(errors, 1e-6);
    random.fill(factor, 1e-6);
    List<Runnable> products = new ArrayList<>();
    for (int end = TorchSparseGpt.WIDTH; end < columns; end += TorchSparseGpt.WIDTH) {
      int right = columns - end;
      Tensor factorRows = factor.columns(end, right);
      Tensor changed = pruned.columns(end, right);
      products.add(() -> blas.multiply(-1, errors, factorRows, 1, changed));
    }
    return () -> products.forEach(Runnable::run);
  }

  private Runnable theirUpdates() {
    int rows = dense.rows();
    int columns = dense.columns();
    org.bytedeco.pytorch.Tensor errors = torch.randn(rows, TorchSparseGpt.WIDTH);
    org.bytedeco.pytorch.Tensor factor = torch.randn(TorchSparseGpt.WIDTH, columns);
    return () -> {
      try (NoGradGuard guard = new NoGradGuard()) {
        for (int end = TorchSparseGpt.WIDTH; end < columns; end += TorchSparseGpt.WIDTH) {
          int right = columns - end;
          theirPruned.narrow(1, end, right).sub_(errors.matmul(factor.narrow(1, end, right)));
        }
      }
    };
  }

  @Override
  public double ourProducts() {
    return Turns.seconds(ourUpdates);
  }

  @Override
  public double theirProducts() {
    return torchThread.seconds(theirUpdates);
  }

  @Override
  public void close() {
    torchThread.close();
    pool.close();
    arena.close();
  }
}
