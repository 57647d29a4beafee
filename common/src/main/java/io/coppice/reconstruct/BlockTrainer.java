package io.coppice.reconstruct;

import io.coppice.kernel.MeanSquaredError;
import io.coppice.model.BlockFactory;
import io.coppice.model.BlockWeights;
import io.coppice.model.RoundedWeights;
import io.coppice.model.WeightGradients;
import io.coppice.model.WeightShape;
import io.coppice.optimizer.AdamW;
import io.coppice.optimizer.LinearDecay;
import io.coppice.parallel.KernelPool;
import io.coppice.seed.Seeds;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.BinaryOperator;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Minimises ‖g(m ⊙ w; X) − target‖² of one block, or of consecutive blocks jointly, by AdamW over
 * the weights that the mask keeps, norms included. The difference may be weighed by a metric
 * ({@link ErrorMetric}); of the model's last blocks it may minimise the divergence from the dense
 * model's distributions as well ({@link DistributionLoss}).
 *
 * <p>Memory, for each block beyond its weights: gradients, two moments for every kept weight, a
 * snapshot of the best weights, the activations of one micro-batch, and the inputs and targets of
 * the next one, which are read meanwhile. With bfloat16 products, copies of the weights in that
 * format, made once an optimiser step; errors are measured with float32 products all the same.
 */
public final class BlockTrainer {
  /**
   * The training has diverged when the error exceeds this multiple of the mean square of the
   * targets.
   */
  private static final double DIVERGED = 10;

  private final BlockFactory factory;
  private final Arena arena;
  private final int microBatch;
  private final BlockSpan span;
  private final List<BlockWeights> gradients;
  private final List<BlockWeights> best;
  private final List<RoundedWeights> rounded;
  private final MeanSquaredError meanSquaredError;
  private final Optional<ErrorMetric> metric;
  private final Optional<DistributionLoss> distribution;
  private final ReadAhead.Rooms rooms;
  private final Tensor output;
  private final Tensor outputGradient;
  private double secondsWaited;

  /** A trainer that lowers the reconstruction error. */
  public BlockTrainer(BlockFactory factory, int blocks, int batchSize, Arena arena) {
    this(factory, blocks, batchSize, new LossKind.SquaredError(), arena);
  }

  /**
   * @param blocks the number of consecutive blocks that are trained jointly
   * @param batchSize windows per optimiser step
   * @param loss what training lowers; {@link #metric} or {@link #distribution} is to be read
   *     before, where there is one
   * @param arena provides all memory
   */
  public BlockTrainer(BlockFactory factory, int blocks, int batchSize, LossKind loss, Arena arena) {
    this.factory = factory;
    this.arena = arena;
    microBatch = factory.microBatch(batchSize);
    span = BlockSpan.training(factory, blocks, microBatch, arena);
    gradients = factory.weights(blocks, arena);
    best = factory.weights(blocks, arena);
    rounded = factory.roundedWeights(blocks, arena);
    meanSquaredError = new MeanSquaredError(factory.blas().pool());
    rooms = ReadAhead.Rooms.allocate(factory, microBatch, arena);
    output = factory.activations(microBatch, arena);
    outputGradient = factory.activations(microBatch, arena);
    metric =
        loss instanceof LossKind.Metric
            ? Optional.of(new ErrorMetric(factory, microBatch, arena))
            : Optional.empty();
    distribution =
        loss.distributions()
            .map(settings -> DistributionLoss.allocate(factory, settings, microBatch, arena));
  }

  /** The metric that differences are weighed by, if they are. */
  public Optional<ErrorMetric> metric() {
    return metric;
  }

  /** The comparison with the dense model's distributions, where they are trained towards. */
  public Optional<DistributionLoss> distribution() {
    return distribution;
  }

  /** Trains blocks that are pruned already; the rest as the other method of this name. */
  public List<EpochErrors> train(
      List<BlockWeights> weights,
      TrainingSet set,
      TrainingSettings settings,
      TrainingSnapshots snapshots,
      Consumer<EpochErrors> listener) {
    return train(Student.pruned(weights), set, settings, snapshots, listener);
  }

  /**
   * Trains blocks.
   *
   * @param student the blocks, whose weights are the selected epoch's at the end
   * @param snapshots written after every epoch but the last; the training continues from one that
   *     exists
   * @param listener receives each epoch's errors, from epoch 0 on, or from the epoch at which the
   *     training continues
   * @return the errors of every epoch, from epoch 0 on
   * @throws DivergedException if training diverges
   */
  public List<EpochErrors> train(
      Student student,
      TrainingSet set,
      TrainingSettings settings,
      TrainingSnapshots snapshots,
      Consumer<EpochErrors> listener) {
    try (ReadAhead inputs = new ReadAhead(factory, rooms, set.data())) {
      List<EpochErrors> errors =
          new Training(student, set, settings, inputs).run(snapshots, listener);
      secondsWaited = inputs.secondsWaited();
      return errors;
    }
  }

  /** Seconds of the last {@link #train} in which it waited for inputs and targets to be read. */
  public double secondsWaited() {
    return secondsWaited;
  }

  /** One call of {@link #train}, in the trainer's memory. */
  private final class Training {
    private final List<BlockWeights> weights;

    /** The same, as products read them in training. */
    private final List<BlockWeights> multiplied;

    private final ReadAhead inputs;
    private final int[] calibration;
    private final int[] measured;
    private final int[] heldOut;
    private final TrainingSettings settings;
    private final int stepsPerEpoch;
    private final MaskShrinking shrinking;
    private final List<Map<String, AdamW>> optimizers;
    private final TrainingLoss loss;

    Training(Student student, TrainingSet set, TrainingSettings settings, ReadAhead inputs) {
      weights = student.weights();
      multiplied =
          rounded.isEmpty()
              ? weights
              : IntStream.range(0, weights.size())
                  .mapToObj(block -> weights.get(block).multipliedAs(rounded.get(block)))
                  .toList();
      this.settings = settings;
      this.inputs = inputs;
      calibration = set.training().toArray();
      heldOut = set.heldOut().toArray();
      measured = evenlySpaced(calibration, measuredWindows(calibration, heldOut));
      stepsPerEpoch = -Math.floorDiv(-calibration.length, settings.batchSize());
      shrinking =
          new MaskShrinking(
              student, (long) stepsPerEpoch * settings.epochs(), factory.blas().pool());
      shrinking.begin();
      optimizers = IntStream.range(0, weights.size()).mapToObj(this::optimizers).toList();
      TrainingLoss error = TrainingLoss.error(meanSquaredError);
      loss =
          new TrainingLoss(
              meanSquaredError,
              metric,
              distribution,
              distribution.isEmpty() ? 1 : energy(calibration, error).error());
    }

    private Map<String, AdamW> optimizers(int block) {
      KernelPool pool = factory.blas().pool();
      Map<String, AdamW> made = new LinkedHashMap<>();
      for (WeightShape shape : factory.model().blockWeights()) {
        Tensor weight = weights.get(block).tensor(shape.name());
        AdamW optimizer;
        if (!shape.isPrunable()) {
          optimizer = AdamW.dense(weight, AdamW.Settings.DEFAULT, pool, arena);
        } else if (shrinking.shrinks(block, shape.name())) {
          optimizer = AdamW.shrinking(weight, pool, arena);
        } else {
          optimizer = AdamW.forKept(weight, pool, arena);
        }
        made.put(shape.name(), optimizer);
      }
      return made;
    }

    List<EpochErrors> run(TrainingSnapshots snapshots, Consumer<EpochErrors> listener) {
      Map<String, Tensor> state = state();
      List<EpochErrors> history = new ArrayList<>(snapshots.restore(state));
      if (history.isEmpty()) {
        record(history, errors(0), Double.MAX_VALUE, listener);
        copy(weights, best);
      } else {
        shrinking.resume(optimizers);
      }
      double limit =
          DIVERGED * Math.max(history.get(0).trainedCalibration(), energy(measured, loss).loss());
      for (int epoch = history.size(); epoch <= settings.epochs(); epoch++) {
        epoch(epoch);
        EpochErrors errors = errors(epoch);
        boolean better = isBetter(errors, history);
        record(history, errors, limit, listener);
        if (better) {
          copy(weights, best);
        }
        if (epoch < settings.epochs()) {
          snapshots.save(state, history);
        }
      }
      copy(best, weights);
      return history;
    }

    /** Whether an epoch is to be kept rather than those before it, if there are any. */
    private boolean isBetter(EpochErrors errors, List<EpochErrors> before) {
      Optional<EpochErrors> lowest = EpochErrors.lowest(before);
      return errors.masksFinal()
          && (settings.selection() == Selection.LAST
              || lowest.isEmpty()
              || errors.trainedHeldOut() < lowest.orElseThrow().trainedHeldOut());
    }

    /** Everything that an epoch passes on to the next one, except for the errors. */
    private Map<String, Tensor> state() {
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

    /** One pass over the calibration windows, in an order that depends on seed and epoch. */
    private void epoch(int epoch) {
      int batch = settings.batchSize();
      LinearDecay decay =
          new LinearDecay(settings.learningRate(), (long) stepsPerEpoch * settings.epochs());
      int step = (epoch - 1) * stepsPerEpoch;
      int[] order = Seeds.shuffled(calibration, new Random(Seeds.mix(settings.seed(), epoch)));
      ReadAhead.Pass reading = inputs.pass(microBatches(order, batch), epoch);
      for (int first = 0; first < order.length; first += batch) {
        shrinking.before(step, optimizers);
        gradient(Math.min(batch, order.length - first), reading);
        double rate = decay.learningRate(step);
        step++;
        for (int block = 0; block < optimizers.size(); block++) {
          step(optimizers.get(block), weights.get(block), gradients.get(block), rate, step);
        }
      }
      shrinking.drop(optimizers);
    }

    /** Sums the gradients of one batch of windows into {@link #gradients}. */
    private void gradient(int batch, ReadAhead.Pass reading) {
      for (int block = 0; block < rounded.size(); block++) {
        rounded.get(block).copy(weights.get(block), factory.blas());
      }
      List<WeightGradients> overwriting =
          gradients.stream().map(WeightGradients::overwriting).toList();
      List<WeightGradients> adding = gradients.stream().map(WeightGradients::addingTo).toList();
      for (int done = 0; done < batch; done += microBatch) {
        MicroBatch read = reading.next();
        Tensor x = read.input();
        Tensor y = output.rows(0, x.rows());
        Tensor yGradient = outputGradient.rows(0, x.rows());
        span.forward(multiplied, x, y);
        loss.gradient(y, read.target(), batch, factory.sequenceLength(), yGradient);
        span.backward(multiplied, x, yGradient, done == 0 ? overwriting : adding);
      }
    }

    private EpochErrors errors(int epoch) {
      boolean masksFinal = shrinking.isOver((long) stepsPerEpoch * epoch);
      TrainingLoss.Measurement seen = measure(measured);
      TrainingLoss.Measurement unseen = measure(heldOut);
      return distribution.isEmpty() && metric.isEmpty()
          ? new EpochErrors(epoch, seen.error(), unseen.error(), masksFinal)
          : new EpochErrors(
              epoch,
              seen.error(),
              unseen.error(),
              masksFinal,
              new EpochErrors.Losses(
                  true, seen.loss(), unseen.loss(), seen.divergence(), unseen.divergence()));
    }

    private TrainingLoss.Measurement measure(int[] windows) {
      return measure(
          windows,
          loss,
          (x, y) -> {
            span.forward(weights, x, y);
            return y;
          });
    }

    /** The error of a block whose output is zero is the mean square of the targets. */
    private TrainingLoss.Measurement energy(int[] windows, TrainingLoss by) {
      outputGradient.zero();
      return measure(windows, by, (x, y) -> outputGradient.rows(0, y.rows()));
    }

    /** Compares the targets with the results computed from the inputs. */
    private TrainingLoss.Measurement measure(
        int[] windows, TrainingLoss by, BinaryOperator<Tensor> made) {
      TrainingLoss.Measurement measurement = by.measurement();
      ReadAhead.Pass reading =
          inputs.pass(
              microBatches(windows, Math.max(1, windows.length)), StudentInputs.MEASUREMENT);
      for (int first = 0; first < windows.length; first += microBatch) {
        MicroBatch read = reading.next();
        Tensor y = made.apply(read.input(), output.rows(0, read.input().rows()));
        measurement.add(y, read.target(), factory.sequenceLength());
      }
      return measurement;
    }
  }

  /** Batches of windows, each cut into what goes through the blocks at once. */
  private List<int[]> microBatches(int[] windows, int batch) {
    List<int[]> cut = new ArrayList<>();
    for (int first = 0; first < windows.length; first += batch) {
      int end = Math.min(first + batch, windows.length);
      for (int next = first; next < end; next += microBatch) {
        cut.add(Arrays.copyOfRange(windows, next, Math.min(next + microBatch, end)));
      }
    }
    return cut;
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

  private static void copy(List<BlockWeights> from, List<BlockWeights> to) {
    for (int block = 0; block < from.size(); block++) {
      to.get(block).copyFrom(from.get(block));
    }
  }

  private static void record(
      List<EpochErrors> history, EpochErrors errors, double limit, Consumer<EpochErrors> listener) {
    double now = errors.trainedCalibration();
    if (!(now <= limit)) {
      throw new DivergedException(
          "Training diverged: the error was %.3g before it and is %.3g after epoch %d; use a lower"
                  .formatted(
                      history.isEmpty() ? now : history.get(0).trainedCalibration(),
                      now,
                      errors.epoch())
              + " --learning-rate");
    }
    history.add(errors);
    listener.accept(errors);
  }

  /** As many as are held out, so that both errors are equally noisy. */
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
