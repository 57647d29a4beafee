package io.coppice.optimizer;

import io.coppice.kernel.VectorMath;
import io.coppice.parallel.KernelPool;
import io.coppice.parallel.PerWorker;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;

/**
 * AdamW of one weight tensor, with PyTorch's arithmetic (Loshchilov and Hutter, arXiv 1711.05101),
 * that knows only the weights which pruning kept: pruned ones stay exactly 0, whatever their
 * gradient, and have no moments. The two moments of the kept weights lie off-heap, compact, in the
 * order of the tensor's rows. The threads of a pool share the rows.
 *
 * <p>The optimiser of a mask that {@linkplain #shrinking shrinks} also {@linkplain #drop drops}
 * weights between two steps.
 */
public final class AdamW {
  static final int TILE_ELEMENTS = 2048;

  private final Settings settings;
  private KeptMask mask;
  private final Tensor firstMoment;
  private final Tensor secondMoment;
  private final PerWorker<Scratch> workers;

  /** The tiles of one thread. */
  private static final class Scratch {
    private final VectorMath math = VectorMath.create();
    private final float[] weights = VectorMath.tile(TILE_ELEMENTS);
    private final float[] gradients = VectorMath.tile(TILE_ELEMENTS);
    private final int[] positions = new int[TILE_ELEMENTS];
    private final float[] keptWeights = VectorMath.tile(TILE_ELEMENTS);
    private final float[] keptGradients = VectorMath.tile(TILE_ELEMENTS);
    private final float[] firstMoments = VectorMath.tile(TILE_ELEMENTS);
    private final float[] secondMoments = VectorMath.tile(TILE_ELEMENTS);
  }

  /**
   * @param beta1 share of the first moment that stays at each step
   * @param beta2 share of the second moment that stays at each step
   * @param epsilon added to the root of the second moment
   * @param weightDecay decoupled weight decay, in units of the learning rate
   */
  public record Settings(double beta1, double beta2, double epsilon, double weightDecay) {
    /** 0.9, 0.95, 1e-8, no weight decay. */
    public static final Settings DEFAULT = new Settings(0.9, 0.95, 1e-8, 0);
  }

  private AdamW(Settings settings, KeptMask mask, KernelPool pool, Arena arena) {
    this.settings = settings;
    this.mask = mask;
    workers = new PerWorker<>(pool, Scratch::new);
    Moments moments = Moments.allocate(mask.kept(), arena);
    firstMoment = moments.first();
    secondMoment = moments.second();
  }

  private record Moments(Tensor first, Tensor second) {
    static Moments allocate(long kept, Arena arena) {
      int length = Math.toIntExact(kept);
      return new Moments(arena.vector(length), arena.vector(length));
    }
  }

  /** Takes the memory of an optimiser of so many kept weights, and makes none. */
  public static void reserve(long kept, Arena arena) {
    Moments.allocate(kept, arena);
  }

  /** As {@link #forKept(Tensor, Settings, KernelPool, Arena)} with {@link Settings#DEFAULT}. */
  public static AdamW forKept(Tensor weight, KernelPool pool, Arena arena) {
    return forKept(weight, Settings.DEFAULT, pool, arena);
  }

  /**
   * The optimiser of a pruned weight: elements that are exactly 0 now are pruned and stay 0.
   *
   * @param arena gives the moments, 8 bytes for each kept weight
   */
  public static AdamW forKept(Tensor weight, Settings settings, KernelPool pool, Arena arena) {
    return new AdamW(settings, KeptMask.ofNonZero(weight), pool, arena);
  }

  /** The optimiser of a weight that is not pruned, such as a norm: elements of 0 are trained. */
  public static AdamW dense(Tensor weight, Settings settings, KernelPool pool, Arena arena) {
    return new AdamW(settings, KeptMask.ofAll(weight), pool, arena);
  }

  /**
   * The optimiser of a weight that is pruned while it is trained: elements that are exactly 0 now
   * are pruned already, others may be {@linkplain #drop dropped} later.
   *
   * @param arena gives the moments, 8 bytes for each weight that is kept now
   */
  public static AdamW shrinking(Tensor weight, KernelPool pool, Arena arena) {
    return new AdamW(Settings.DEFAULT, KeptMask.withBits(weight), pool, arena);
  }

  /** The number of weights that are trained. */
  public long kept() {
    return mask.kept();
  }

  /**
   * Drops the weights that are exactly 0 by now, with their moments: they stay 0 for good.
   *
   * @param weight of a {@linkplain #shrinking shrinking} mask
   */
  public void drop(Tensor weight) {
    weight.requireShape(mask.rows(), mask.columns());
    KeptMask smaller = KeptMask.withBits(weight);
    if (smaller.kept() < mask.kept()) {
      mask.compact(smaller, firstMoment);
      mask.compact(smaller, secondMoment);
    }
    mask = smaller;
  }

  /**
   * Takes up a state that was saved after a {@link #drop}: the mask is that of the weight, and the
   * moments are in place already.
   *
   * @param weight of a {@linkplain #shrinking shrinking} mask, restored
   */
  public void resume(Tensor weight) {
    weight.requireShape(mask.rows(), mask.columns());
    mask = KeptMask.withBits(weight);
  }

  /**
   * The first moments, 1 × kept; with the second ones, and the mask where it shrinks, the whole
   * state between two steps. Dropped weights leave room at the end, which holds anything.
   */
  public Tensor firstMoment() {
    return firstMoment;
  }

  /** The second moments, in the same order. */
  public Tensor secondMoment() {
    return secondMoment;
  }

  /**
   * One step.
   *
   * @param weight the tensor of the construction, or another of its shape and mask; updated
   * @param gradient of the same shape; what it holds for pruned weights is ignored
   * @param learningRate of this step
   * @param stepNumber from 1, for the correction of the moments' bias
   */
  public void step(Tensor weight, Tensor gradient, double learningRate, int stepNumber) {
    weight.requireShape(mask.rows(), mask.columns());
    gradient.requireShape(mask.rows(), mask.columns());
    VectorMath.AdamCoefficients coefficients = coefficients(learningRate, stepNumber);
    workers
        .pool()
        .run(
            mask.pieces(),
            (piece, worker) ->
                stepPiece(workers.of(worker), weight, gradient, mask.piece(piece), coefficients));
  }

  private void stepPiece(
      Scratch own,
      Tensor weight,
      Tensor gradient,
      KeptMask.Piece piece,
      VectorMath.AdamCoefficients coefficients) {
    int columns = mask.columns();
    int width = Math.min(columns, TILE_ELEMENTS);
    int height = Math.max(1, TILE_ELEMENTS / Math.max(1, columns));
    int moment = piece.firstKept();
    int word = piece.firstWord();
    for (int row = piece.firstRow(); row < piece.endRow(); row += height) {
      int count = Math.min(height, piece.endRow() - row);
      for (int column = 0; column < columns; column += width) {
        int length = Math.min(width, columns - column);
        weight.readRows(row, count, column, length, own.weights, length);
        gradient.readRows(row, count, column, length, own.gradients, length);
        moment += updateTile(own, word, count * length, moment, coefficients);
        weight.writeRows(row, count, column, length, own.weights, length);
        word += KeptMask.words(count * length);
      }
    }
  }

  /** The number of weights that were updated. */
  private int updateTile(
      Scratch own, int word, int elements, int moment, VectorMath.AdamCoefficients coefficients) {
    if (mask.isDense()) {
      update(own, own.weights, own.gradients, elements, moment, coefficients);
      return elements;
    }
    int kept = mask.positions(word, elements, own.positions);
    for (int i = 0; i < kept; i++) {
      own.keptWeights[i] = own.weights[own.positions[i]];
      own.keptGradients[i] = own.gradients[own.positions[i]];
    }
    update(own, own.keptWeights, own.keptGradients, kept, moment, coefficients);
    for (int i = 0; i < kept; i++) {
      own.weights[own.positions[i]] = own.keptWeights[i];
    }
    return kept;
  }

  private void update(
      Scratch own,
      float[] weights,
      float[] gradients,
      int n,
      int moment,
      VectorMath.AdamCoefficients coefficients) {
    firstMoment.read(0, moment, own.firstMoments, 0, n);
    secondMoment.read(0, moment, own.secondMoments, 0, n);
    own.math.adam(weights, gradients, own.firstMoments, own.secondMoments, n, coefficients);
    firstMoment.write(0, moment, own.firstMoments, 0, n);
    secondMoment.write(0, moment, own.secondMoments, 0, n);
  }

  private VectorMath.AdamCoefficients coefficients(double learningRate, int stepNumber) {
    if (stepNumber < 1) {
      throw new IllegalArgumentException("Steps are counted from 1, got " + stepNumber);
    }
    double correction1 = 1 - Math.pow(settings.beta1, stepNumber);
    double correction2 = 1 - Math.pow(settings.beta2, stepNumber);
    return new VectorMath.AdamCoefficients(
        (float) (1 - learningRate * settings.weightDecay),
        (float) settings.beta1,
        (float) (1 - settings.beta1),
        (float) settings.beta2,
        (float) (1 - settings.beta2),
        (float) (learningRate / correction1),
        (float) (1 / Math.sqrt(correction2)),
        (float) settings.epsilon);
  }
}
