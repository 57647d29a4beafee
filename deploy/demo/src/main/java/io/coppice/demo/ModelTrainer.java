package io.coppice.demo;

import io.coppice.kernel.Elementwise;
import io.coppice.model.LlamaModel;
import io.coppice.optimizer.AdamW;
import io.coppice.parallel.KernelPool;
import io.coppice.seed.Seeds;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Precision;
import io.coppice.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/**
 * Trains a small model from scratch by AdamW with warm-up and cosine decay (Loshchilov and Hutter
 * 2017, arXiv 1608.03983), gradients clipped to a norm of 1.
 *
 * <p>A batch is split into two halves, one thread each, whose gradients are added in a fixed order,
 * so the result does not depend on timing.
 */
final class ModelTrainer implements AutoCloseable {
  private static final int PARTS = 2;
  private static final int STEPS_PER_SNAPSHOT = 100;
  private static final double WARM_UP = 0.03;
  private static final double LOWEST_RATE = 0.02;
  private static final double CLIP = 1;
  private static final AdamW.Settings MATRICES = new AdamW.Settings(0.9, 0.95, 1e-8, 0.1);
  private static final AdamW.Settings VECTORS = new AdamW.Settings(0.9, 0.95, 1e-8, 0);

  private final Settings settings;
  private final int partWindows;
  private final ModelWeights weights;
  private final MultipliedWeights multiplied;
  private final List<String> names;
  private final List<Tensor> tensors;
  private final List<AdamW> optimizers;
  private final List<ModelGradient> parts;
  private final List<List<Tensor>> partGradients;
  private final Elementwise elementwise = new Elementwise(KernelPool.single());
  private final ExecutorService threads = Executors.newFixedThreadPool(PARTS);

  /**
   * @param batch windows per step, even
   * @param learningRate the highest, reached after the warm-up
   * @param precision of what products read
   */
  record Settings(
      int sequenceLength,
      int batch,
      int epochs,
      double learningRate,
      long seed,
      Precision precision) {}

  /** Receives each epoch's mean training loss in nats per token. */
  @FunctionalInterface
  interface Listener {
    void epoch(int epoch, double loss);
  }

  ModelTrainer(LlamaModel model, Arena arena, Settings settings) {
    this.settings = settings;
    partWindows = settings.batch() / PARTS;
    weights = ModelWeights.allocate(model, arena);
    weights.initialise(model, new Random(settings.seed()));
    multiplied = MultipliedWeights.of(weights, model, settings.precision(), arena);
    multiplied.update();
    names = List.copyOf(weights.byName(model).keySet());
    tensors = weights.tensors(model);
    optimizers =
        tensors.stream()
            .map(
                tensor ->
                    AdamW.dense(
                        tensor,
                        tensor.rows() == 1 ? VECTORS : MATRICES,
                        KernelPool.single(),
                        arena))
            .toList();
    parts =
        IntStream.range(0, PARTS)
            .mapToObj(
                part ->
                    new ModelGradient(
                        model, arena, partWindows, settings.sequenceLength(), settings.precision()))
            .toList();
    partGradients = parts.stream().map(part -> part.gradients().tensors(model)).toList();
  }

  ModelWeights weights() {
    return weights;
  }

  /**
   * Trains on windows cut from the stream at offsets that change from epoch to epoch, from where a
   * snapshot of the same training ended.
   */
  void train(int[] stream, TrainerSnapshot snapshot, Listener listener) {
    int length = settings.sequenceLength();
    int windows = (stream.length - 1) / length - 1;
    int stepsPerEpoch = windows / settings.batch();
    int steps = stepsPerEpoch * settings.epochs();
    TrainerSnapshot.Progress progress = snapshot.restore(state());
    multiplied.update();
    double loss = progress.loss();
    for (int step = progress.step(); step < steps; step++) {
      int epoch = step / stepsPerEpoch + 1;
      Random random = new Random(Seeds.mix(settings.seed(), epoch));
      int offset = random.nextInt(length);
      int[] order = Seeds.shuffled(IntStream.range(0, windows).toArray(), random);
      int[] starts =
          Arrays.stream(order)
              .skip((long) (step % stepsPerEpoch) * settings.batch())
              .limit(settings.batch())
              .map(window -> offset + window * length)
              .toArray();
      loss += step(stream, starts, rate(step, steps), step + 1);
      if ((step + 1) % stepsPerEpoch == 0) {
        long tokens = (long) stepsPerEpoch * settings.batch() * length;
        listener.epoch(epoch, loss / tokens);
        loss = 0;
      }
      if ((step + 1) % STEPS_PER_SNAPSHOT == 0 && step + 1 < steps) {
        snapshot.save(state(), new TrainerSnapshot.Progress(step + 1, loss));
      }
    }
  }

  /** Weights and moments by name, which with the number of steps say how training goes on. */
  private Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    for (int i = 0; i < tensors.size(); i++) {
      state.put(names.get(i), tensors.get(i));
      state.put(names.get(i) + ".first_moment", optimizers.get(i).firstMoment());
      state.put(names.get(i) + ".second_moment", optimizers.get(i).secondMoment());
    }
    return state;
  }

  /** Mean loss per token of a stream in windows, as {@code evaluate} measures it. */
  double loss(int[] stream) {
    int length = settings.sequenceLength();
    int windows = stream.length / length / partWindows * partWindows;
    double sum = 0;
    for (int first = 0; first < windows; first += partWindows) {
      int[] ids = new int[partWindows * length];
      int[] targets = new int[partWindows * length];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = stream[first * length + i];
        targets[i] = i % length == length - 1 ? -1 : stream[first * length + i + 1];
      }
      sum += parts.get(0).loss(multiplied, ids, targets);
    }
    return sum / ((double) windows * (length - 1));
  }

  /**
   * Takes one step.
   *
   * @param starts of the batch's windows in the stream
   * @param stepNumber counted from 1
   * @return the summed loss of the batch
   */
  private double step(int[] stream, int[] starts, double rate, int stepNumber) {
    int length = settings.sequenceLength();
    double tokens = (double) settings.batch() * length;
    List<Future<Double>> losses = new ArrayList<>();
    for (int part = 0; part < PARTS; part++) {
      int[] ids = new int[partWindows * length];
      int[] targets = new int[partWindows * length];
      for (int b = 0; b < partWindows; b++) {
        int start = starts[part * partWindows + b];
        System.arraycopy(stream, start, ids, b * length, length);
        System.arraycopy(stream, start + 1, targets, b * length, length);
      }
      ModelGradient worker = parts.get(part);
      losses.add(threads.submit(() -> worker.lossAndGradient(multiplied, ids, targets, tokens)));
    }
    double loss = 0;
    for (Future<Double> part : losses) {
      loss += await(part);
    }
    update(rate, stepNumber);
    return loss;
  }

  private void update(double rate, int stepNumber) {
    double squares = 0;
    for (int i = 0; i < tensors.size(); i++) {
      Tensor gradient = partGradients.get(0).get(i);
      for (int part = 1; part < PARTS; part++) {
        elementwise.add(gradient, partGradients.get(part).get(i));
      }
      squares += Elementwise.sumOfSquares(gradient);
    }
    // Clipping scales all gradients equally.
    float factor = (float) Math.min(1, CLIP / Math.sqrt(squares));
    for (int i = 0; i < tensors.size(); i++) {
      Tensor gradient = partGradients.get(0).get(i);
      scale(gradient, factor);
      optimizers.get(i).step(tensors.get(i), gradient, rate, stepNumber);
    }
    multiplied.update();
  }

  private static void scale(Tensor tensor, float factor) {
    float[] row = new float[tensor.columns()];
    for (int i = 0; i < tensor.rows(); i++) {
      tensor.readRow(i, row);
      for (int j = 0; j < row.length; j++) {
        row[j] *= factor;
      }
      tensor.writeRow(i, row);
    }
  }

  private double rate(int step, int steps) {
    double warmUp = WARM_UP * steps;
    if (step < warmUp) {
      return settings.learningRate() * (step + 1) / warmUp;
    }
    double progress = (step - warmUp) / (steps - warmUp);
    double cosine = (1 + Math.cos(Math.PI * progress)) / 2;
    return settings.learningRate() * (LOWEST_RATE + (1 - LOWEST_RATE) * cosine);
  }

  private static double await(Future<Double> part) {
    try {
      return part.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Training was interrupted", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("A training thread failed", e);
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
