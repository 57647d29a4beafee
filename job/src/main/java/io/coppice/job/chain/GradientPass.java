package io.coppice.job.chain;

import io.coppice.failure.InvalidDataException;
import io.coppice.job.chain.activations.BoundaryActivations;
import io.coppice.job.chain.activations.GroupedStore;
import io.coppice.job.chain.activations.WindowGroups;
import io.coppice.job.cluster.Engine;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.kernel.Elementwise;
import io.coppice.model.BlockFactory;
import io.coppice.model.LanguageModel;
import io.coppice.reconstruct.GradientStream;
import io.coppice.reconstruct.LabelGradient;
import io.coppice.reconstruct.WindowSet;
import io.coppice.seed.Seeds;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Takes windows back through the dense model, block by block from the last, data-parallel over
 * windows as {@link ChainPass} takes them forward: a task has a group of windows, and stores the
 * gradients of the model's loss by its activations at boundaries L to 1. The loss is that of labels
 * drawn from the model's own distributions, one at each position.
 *
 * <p>Memory of a task: its group's gradients; at first the head with the logits of some tokens and
 * a micro-batch, then one block's weights and the scratch of one micro-batch in training; and its
 * contribution to the store if the driver holds that.
 *
 * @param dense the model
 * @param boundaries its activations
 * @param store keeps the gradients
 * @param windows that are taken back, the first ones of all
 * @param seed decides the labels
 */
record GradientPass(
    ModelOnCluster dense,
    List<BoundaryActivations> boundaries,
    GroupedStore store,
    WindowSet windows,
    Engine engine,
    long seed)
    implements Serializable {
  private static final String CHAIN = "gradients";

  /** Tells the seeds of labels from those of other choices of a window. */
  private static final long LABELS = 0x6C6162656C73L;

  GradientPass {
    boundaries = List.copyOf(boundaries);
  }

  /** Groups that have windows which are taken back. */
  int groups() {
    return store.groups().groupOf(windows.end() - 1) + 1;
  }

  /**
   * Makes the gradients at a boundary readable from tasks; called on the driver.
   *
   * @param pieces results of {@link #run}, by group
   */
  BoundaryActivations publish(int boundary, List<byte[][]> pieces) {
    int place = boundaries.size() - 1 - boundary;
    return store.publish(CHAIN, boundary, pieces.stream().map(piece -> piece[place]).toList());
  }

  /** Allocates the memory of a task with a number of windows. */
  static void reserve(BlockFactory factory, int windows, Arena arena) {
    factory.activations(windows, arena);
    try (Arena scope = arena.scope("the head")) {
      new Labels(factory, windows, scope);
    }
    try (Arena scope = arena.scope("the blocks")) {
      new GradientStream(factory, windows, scope);
    }
  }

  /**
   * Takes a group back; on an executor.
   *
   * @return pieces to be published by the store, from boundary L down to 1
   */
  byte[][] run(int group) {
    WindowGroups groups = store.groups();
    int first = groups.first(group);
    int count = Math.min(groups.size(group), windows.end() - first);
    LanguageModel model = dense.model();
    BlockFactory factory =
        new BlockFactory(model, engine.blas(), groups.sequenceLength(), engine.precision());
    List<byte[]> pieces = new ArrayList<>();
    try (Arena arena = Arena.unbounded("gradients")) {
      Tensor gradients = factory.activations(count, arena);
      try (Arena scope = arena.scope("the head")) {
        Labels labels = new Labels(factory, count, scope);
        labels.gradient().read(dense.checkpoint()::read);
        fill(labels, factory, first, gradients);
      }
      requireFinite(factory, model.blockCount(), first, gradients);
      pieces.add(store.put(CHAIN, model.blockCount(), group, gradients));
      try (Arena scope = arena.scope("the blocks")) {
        GradientStream stream = new GradientStream(factory, count, scope);
        for (int block = model.blockCount() - 1; block > 0; block--) {
          try (BoundaryActivations.Reader inputs = boundaries.get(block).open()) {
            stream.back(dense, block, inputs, first, gradients);
          }
          requireFinite(factory, block, first, gradients);
          pieces.add(store.put(CHAIN, block, group, gradients));
        }
      }
    }
    return pieces.toArray(new byte[0][]);
  }

  private void requireFinite(BlockFactory factory, int boundary, int first, Tensor gradients) {
    for (int i = 0; i < gradients.rows() / factory.sequenceLength(); i++) {
      if (!Double.isFinite(Elementwise.sumOfSquares(factory.windows(gradients, i, 1)))) {
        throw new InvalidDataException(
            ("The gradients by the output of block %d are NaN, or too large for float32, in window"
                    + " %d; look for broken or very large weights in what follows it, or give"
                    + " --metric identity, which needs none")
                .formatted(boundary - 1, first + i));
      }
    }
  }

  /** Computes the gradients by the last block's output, a micro-batch at a time. */
  private void fill(Labels labels, BlockFactory factory, int first, Tensor gradients) {
    int length = factory.sequenceLength();
    int count = gradients.rows() / length;
    int microBatch = labels.hidden().rows() / length;
    try (BoundaryActivations.Reader outputs = boundaries.get(boundaries.size() - 1).open()) {
      for (int done = 0; done < count; done += microBatch) {
        int some = Math.min(microBatch, count - done);
        double[] points = new double[some * length];
        Tensor hidden = factory.windows(labels.hidden(), 0, some);
        outputs.readFrom(first + done, length, hidden);
        for (int i = 0; i < some; i++) {
          int window = first + done + i;
          Random random = new Random(Seeds.mix(seed, LABELS, window));
          for (int token = 0; token < length; token++) {
            points[i * length + token] = random.nextDouble();
          }
        }
        labels.gradient().compute(hidden, points, factory.windows(gradients, done, some));
      }
    }
  }

  /**
   * The memory for gradients by the last block's output.
   *
   * @param hidden a micro-batch of its outputs
   */
  private record Labels(LabelGradient gradient, Tensor hidden) {
    Labels(BlockFactory factory, int windows, Arena arena) {
      this(
          new LabelGradient(factory, factory.microBatch(windows), arena),
          factory.activations(factory.microBatch(windows), arena));
    }
  }
}
