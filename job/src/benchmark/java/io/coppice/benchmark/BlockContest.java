package io.coppice.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.model.BlockWeights;
import io.coppice.parallel.KernelPool;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Precision;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** A training step of one block (forward, backward, AdamW, mask), or its forward alone. */
final class BlockContest implements Contest {
  private static final int COMPARED_STEPS = 3;

  private final boolean training;
  private final double tolerance;
  private final Arena arena = Arena.unbounded("benchmark");
  private final KernelPool pool;
  private final TorchThread torch;
  private final BlockData data;
  private final CoppiceBlock ours;
  private final TorchBlock theirs;
  private final Runnable ourProducts;
  private final Runnable theirProducts;

  BlockContest(BlockShape shape, boolean training, Precision precision, int threads) {
    this.training = training;
    tolerance = precision == Precision.BF16 ? 2e-2 : 1e-4;
    pool = new KernelPool(threads);
    Blas blas = BlasProvider.blas().on(pool);
    torch = new TorchThread(threads);
    data = BlockData.random(shape, arena);
    ours = new CoppiceBlock(data, blas, precision, arena);
    theirs = torch.call(() -> new TorchBlock(data, precision));
    ourProducts = ours.products(training, precision, arena);
    theirProducts = torch.call(() -> theirs.products(training));
  }

  @Override
  public double compare() {
    Map<String, Double> differences = new LinkedHashMap<>();
    differences.put(
        "the output",
        torch.number(() -> TorchTensors.difference(ours.forward(), theirs.forward())));
    if (training) {
      BlockWeights gradients = ours.gradient();
      torch.run(() -> put(differences, "the gradient of ", gradients, theirs.gradient()));
      for (int step = 0; step < COMPARED_STEPS; step++) {
        ours.step();
        torch.run(theirs::step);
      }
      torch.run(
          () ->
              put(differences, COMPARED_STEPS + " steps later ", data.weights(), theirs.weights()));
    }
    assertThat(differences)
        .allSatisfy((what, difference) -> assertThat(difference).as(what).isLessThan(tolerance));
    return differences.values().stream().mapToDouble(Double::doubleValue).max().orElseThrow();
  }

  private static void put(
      Map<String, Double> differences, String what, BlockWeights ours, Map<String, Tensor> theirs) {
    theirs.forEach(
        (name, tensor) ->
            differences.put(what + name, TorchTensors.difference(ours.tensor(name), tensor)));
  }

  @Override
  public TorchThread torch() {
    return torch;
  }

  @Override
  public double ours() {
    return Turns.seconds(training ? ours::step : ours::forward);
  }

  @Override
  public double theirs() {
    return torch.seconds(training ? theirs::step : theirs::forward);
  }

  @Override
  public double ourProducts() {
    return Turns.seconds(ourProducts);
  }

  @Override
  public double theirProducts() {
    return torch.seconds(theirProducts);
  }

  @Override
  public void close() {
    torch.close();
    pool.close();
    arena.close();
  }
}
