package io.coppice.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.model.IncrementalDecoder;
import io.coppice.model.LanguageModel;
import io.coppice.model.ModelInMemory;
import io.coppice.model.WeightShape;
import io.coppice.parallel.KernelPool;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One token of each of 8 sequences by a model with the shape of SmolLM 135M, after as many tokens
 * as are in the middle of its cache.
 */
final class DecodeContest implements Contest {
  private static final double TOLERANCE = 1e-4;
  private static final BlockShape SHAPE = new BlockShape(576, 1536, 9, 3, 8, 256);
  private static final int BLOCKS = 30;
  private static final int VOCABULARY = 49152;
  private static final int POSITION = 128;

  private final Arena arena = Arena.unbounded("benchmark");
  private final KernelPool pool;
  private final TorchThread torch;
  private final IncrementalDecoder ours;
  private final TorchDecoder theirs;
  private final Tensor logits;
  private final Runnable ourProducts;
  private final Runnable theirProducts;

  DecodeContest(int threads) {
    pool = new KernelPool(threads);
    Blas blas = BlasProvider.blas().on(pool);
    torch = new TorchThread(threads);
    LanguageModel model = SHAPE.model(BLOCKS, VOCABULARY);
    RandomValues random = new RandomValues(1);
    ModelInMemory weights =
        ModelInMemory.read(
            model,
            (name, tensor) ->
                random.fill(tensor, tensor.rows() == 1 ? 1 : 1 / Math.sqrt(tensor.columns())),
            arena);
    ours = new IncrementalDecoder(weights, blas, arena, SHAPE.windows(), SHAPE.tokens());
    theirs = torch.call(() -> new TorchDecoder(SHAPE, weights));
    logits = arena.tensor(SHAPE.windows(), VOCABULARY);
    ourProducts = products(weights, blas);
    theirProducts = torch.call(theirs::products);
  }

  private Runnable products(ModelInMemory weights, Blas blas) {
    List<Runnable> products = new ArrayList<>();
    products.add(product(weights.head(), blas));
    weights
        .blocks()
        .forEach(
            block ->
                weights.model().blockWeights().stream()
                    .filter(WeightShape::isPrunable)
                    .forEach(shape -> products.add(product(block.tensor(shape.name()), blas))));
    return () -> products.forEach(Runnable::run);
  }

  private Runnable product(Tensor weight, Blas blas) {
    Tensor x = arena.tensor(SHAPE.windows(), weight.columns());
    Tensor y = arena.tensor(SHAPE.windows(), weight.rows());
    new RandomValues(2).fill(x, 1);
    return () -> blas.multiplyTransposedB(1, x, weight, 0, y);
  }

  /** A different token for each sequence and position. */
  private static int[] tokens(int position) {
    int[] tokens = new int[SHAPE.windows()];
    Arrays.setAll(tokens, sequence -> (sequence * 6007 + position * 373) % VOCABULARY);
    return tokens;
  }

  @Override
  public double compare() {
    double largest = 0;
    for (int step = 0; step <= POSITION; step++) {
      int position = step;
      ours.step(tokens(position), position, logits);
      double difference =
          torch.number(
              () -> TorchTensors.difference(logits, theirs.step(tokens(position), position)));
      assertThat(difference).as("the logits at position " + position).isLessThan(TOLERANCE);
      largest = Math.max(largest, difference);
    }
    return largest;
  }

  @Override
  public TorchThread torch() {
    return torch;
  }

  @Override
  public double ours() {
    return Turns.seconds(() -> ours.step(tokens(POSITION), POSITION, logits));
  }

  @Override
  public double theirs() {
    return torch.seconds(() -> theirs.step(tokens(POSITION), POSITION));
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
