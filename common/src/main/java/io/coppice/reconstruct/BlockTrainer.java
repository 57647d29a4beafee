package io.coppice.reconstruct;

import io.coppice.failure.UsageException;
import io.coppice.kernel.MeanSquaredError;
import io.coppice.model.BlockStream;
import io.coppice.model.BlockWeights;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.optimizer.AdamW;
import io.coppice.optimizer.LinearDecay;
import io.coppice.seed.Seeds;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Minimises ‖g(m ⊙ w; X) − target‖² of one block, or of consecutive blocks jointly, by AdamW over
 * the weights that the mask keeps, norms included.
 *
 * <p>Memory, for each block beyond its weights: gradients, two moments for every kept weight, a
 * snapshot of the best weights, and the activations of one micro-batch.
 */
public final class BlockTrainer {
  /** An error of so many times the targets' own energy is no noise of training any more. */
  private static final double DIVERGED = 10;

  private final LanguageModel model;
  private final Arena arena;
  private final int sequenceLength;
  private final int microBatch;
  private final BlockSpan span;
  private final List<BlockWeights> gradients;
  private final List<BlockWeights> best;
  private final MeanSquaredError meanSquaredError = new MeanSquaredError();
  private final Tensor input;
  private final Tensor target;
  private final Tensor output;
  private final Tensor outputGradient;

  /**
   * @param arena where all memory is taken from
   * @param blocks how many consecutive blocks are trained jointly
   * @param sequenceLength T, tokens per window
   */
  public BlockTrainer(
      LanguageModel model, Blas blas, Arena arena, int blocks, int sequenceLength, int batchSize) {
    this.model = model;
    this.arena = arena;
    this.sequenceLength = sequenceLength;
    microBatch = BlockStream.microBatch(sequenceLength, batchSize);
    int tokens = microBatch * sequenceLength;
    span = new BlockSpan(model, blas, arena, blocks, tokens, sequenceLength, true);
    gradients = allocate(blocks);
    best = allocate(blocks);
    input = arena.tensor(tokens, model.hiddenSize());
    target = arena.tensor(tokens, model.hiddenSize());
    output = arena.tensor(tokens, model.hiddenSize());
    outputGradient = arena.tensor(tokens, model.hiddenSize());
  }

  /**
   * Trains the non-zero weights; zeros of prunable weights are the mask and stay zero.
   *
   * @param weights the pruned blocks; hold the selected epoch's weights at the end
   * @param calibration indices of the windows to train on
   * @param heldOut indices of the windows that are only measured
   * @param snapshots kept after each epoch but the last one; the training goes on behind one that
   *     is there
   * @param listener is told each epoch's errors, from epoch 0 on, or from where the training goes
   *     on
   * @return the errors of every epoch, from epoch 0 on
   * @throws UsageException if training diverges
   */
  public List<EpochErrors> train(
      List<BlockWeights> weights,
      TrainingData data,
      int[] calibration,
      int[] heldOut,
      TrainingSettings settings,
      TrainingSnapshots snapshots,
      Consumer<EpochErrors> listener) {
    int[] measured = evenlySpaced(calibration, measuredWindows(calibration, heldOut));
    List<Map<String, AdamW>> optimizers = weights.stream().map(this::optimizers).toList();
    Map<String, Tensor> state = state(weights, optimizers);
    List<EpochErrors> history = new ArrayList<>(snapshots.restore(state));
    if (history.isEmpty()) {
      record(history, errors(0, weights, data, measured, heldOut), Double.MAX_VALUE, listener);
      copy(weights, best);
    }
    double limit = DIVERGED * Math.max(history.get(0).calibration(), energy(data, measured));
    for (int epoch = history.size(); epoch <= settings.epochs(); epoch++) {
      epoch(epoch, weights, data, calibration, settings, optimizers);
      double lowest = lowestHeldOut(history);
      EpochErrors errors = errors(epoch, weights, data, measured, heldOut);
      record(history, errors, limit, listener);
      if (settings.selection() == Selection.LAST || errors.heldOut() < lowest) {
        copy(weights, best);
      }
      if (epoch < settings.epochs()) {
        snapshots.save(state, history);
      }
    }
    copy(best, weights);
    return history;
  }

  /** One pass over the calibration windows, in an order that seed and epoch decide. */
  private void epoch(
      int epoch,
      List<BlockWeights> weights,
      TrainingData data,
      int[] calibration,
      TrainingSettings settings,
      List<Map<String, AdamW>> optimizers) {
    int stepsPerEpoch = -Math.floorDiv(-calibration.length, settings.batchSize());
    LinearDecay decay =
        new LinearDecay(settings.learningRate(), (long) stepsPerEpoch * settings.epochs());
    int step = (epoch - 1) * stepsPerEpoch;
    int[] order = Seeds.shuffled(calibration, new Random(Seeds.mix(settings.seed(), epoch)));
    for (int first = 0; first < order.length; first += settings.batchSize()) {
      int count = Math.min(settings.batchSize(), order.length - first);
      gradient(weights, data, order, first, count, epoch);
      double rate = decay.learningRate(step);
      step++;
      for (int block = 0; block < optimizers.size(); block++) {
        step(optimizers.get(block), weights.get(block), gradients.get(block), rate, step);
      }
    }
  }

  /** Of the epochs so far; NaN where nothing is held out. */
  private static double lowestHeldOut(List<EpochErrors> history) {
    return history.stream()
        .mapToDouble(EpochErrors::heldOut)
        .reduce((lowest, error) -> error < lowest ? error : lowest)
        .orElseThrow();
  }

  /** Everything that an epoch leaves to the next one, but for the errors. */
  private Map<String, Tensor> state(
      List<BlockWeights> weights, List<Map<String, AdamW>> optimizers) {
    Map<String, Tensor> state = new LinkedHashMap<>();
    for (int i = 0; i < weights.size(); i++) {
      for (Map.Entry<String, AdamW> optimizer : optimizers.get(i).entrySet()) {
        String name = i + "." + optimizer.getKey();
        state.put(name + ".weight", weights.get(i).tensor(optimizer.getKey()));
        state.put(name + ".best", best.get(i).tensor(optimizer.getKey()));
        state.put(name + ".first_moment", optimizer.getValue().firstMoment());
        state.put(name + ".second_moment", optimizer.getValue().secondMoment());
      }
    }
    return state;
  }

  private static void step(
      Map<String, AdamW> optimizers,
      BlockWeights weights,
      BlockWeights gradients,
      double rate,
      int step) {
    optimizers.forEach(
        (name, optimizer) ->
            optimizer.step(weights.tensor(name), gradients.tensor(name), rate, step));
  }

  private List<BlockWeights> allocate(int blocks) {
    return Stream.generate(() -> BlockWeights.allocate(model.blockWeights(), arena))
        .limit(blocks)
        .toList();
  }

  private static void copy(List<BlockWeights> from, List<BlockWeights> to) {
    for (int block = 0; block < from.size(); block++) {
      to.get(block).copyFrom(from.get(block));
    }
  }

  private static void record(
      List<EpochErrors> history, EpochErrors errors, double limit, Consumer<EpochErrors> listener) {
    if (!(errors.calibration() <= limit)) {
      throw new UsageException(
          "Training diverged: the error was %.3g before it and is %.3g after epoch %d; use a lower"
                  .formatted(
                      history.isEmpty() ? errors.calibration() : history.get(0).calibration(),
                      errors.calibration(),
                      errors.epoch())
              + " --learning-rate");
    }
    history.add(errors);
    listener.accept(errors);
  }

  /** Sums the gradients of one batch of windows into {@link #gradients}. */
  private void gradient(
      List<BlockWeights> weights, TrainingData data, int[] order, int first, int count, int epoch) {
    double elements = (double) count * sequenceLength * model.hiddenSize();
    for (int done = 0; done < count; done += microBatch) {
      int windows = Math.min(microBatch, count - done);
      int tokens = windows * sequenceLength;
      Tensor x = input.rows(0, tokens);
      Tensor y = output.rows(0, tokens);
      Tensor yGradient = outputGradient.rows(0, tokens);
      data.load(order, first + done, windows, epoch, x, target.rows(0, tokens));
      span.forward(weights, x, sequenceLength, y);
      meanSquaredError.lossAndGradient(y, target.rows(0, tokens), elements, yGradient);
      span.backward(weights, x, sequenceLength, yGradient, gradients, done > 0);
    }
  }

  private EpochErrors errors(
      int epoch, List<BlockWeights> weights, TrainingData data, int[] calibration, int[] heldOut) {
    return new EpochErrors(epoch, error(weights, data, calibration), error(weights, data, heldOut));
  }

  private double error(List<BlockWeights> weights, TrainingData data, int[] windows) {
    double sum = 0;
    for (int first = 0; first < windows.length; first += microBatch) {
      int count = Math.min(microBatch, windows.length - first);
      int tokens = count * sequenceLength;
      Tensor x = input.rows(0, tokens);
      Tensor y = output.rows(0, tokens);
      data.load(windows, first, count, StudentInputs.MEASUREMENT, x, target.rows(0, tokens));
      span.forward(weights, x, sequenceLength, y);
      sum += meanSquaredError.loss(y, target.rows(0, tokens)) * y.size();
    }
    return sum / ((double) windows.length * sequenceLength * model.hiddenSize());
  }

  private Map<String, AdamW> optimizers(BlockWeights weights) {
    Map<String, AdamW> optimizers = new LinkedHashMap<>();
    for (WeightShape shape : model.blockWeights()) {
      Tensor weight = weights.tensor(shape.name());
      optimizers.put(
          shape.name(),
          shape.isPrunable()
              ? AdamW.forKept(weight, arena)
              : AdamW.dense(weight, AdamW.Settings.DEFAULT, arena));
    }
    return optimizers;
  }

  /** The mean square of the targets: the error of a block that puts out zeros. */
  private double energy(TrainingData data, int[] windows) {
    outputGradient.zero();
    double sum = 0;
    for (int first = 0; first < windows.length; first += microBatch) {
      int count = Math.min(microBatch, windows.length - first);
      int tokens = count * sequenceLength;
      Tensor y = target.rows(0, tokens);
      data.load(windows, first, count, StudentInputs.MEASUREMENT, input.rows(0, tokens), y);
      sum += meanSquaredError.loss(outputGradient.rows(0, tokens), y) * y.size();
    }
    return sum / ((double) windows.length * sequenceLength * model.hiddenSize());
  }

  /** As many as are held out, so that the two errors are alike in their noise. */
  private static int measuredWindows(int[] calibration, int[] heldOut) {
    return heldOut.length > 0 ? heldOut.length : Math.max(1, calibration.length / 8);
  }

  private static int[] evenlySpaced(int[] windows, int count) {
    int wanted = Math.min(count, windows.length);
    return IntStream.range(0, wanted)
        .map(i -> windows[(int) ((long) i * windows.length / wanted)])
        .toArray();
  }
}
