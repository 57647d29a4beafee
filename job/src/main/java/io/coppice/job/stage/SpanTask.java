package io.coppice.job.stage;

import io.coppice.job.activations.BoundaryActivations;
import io.coppice.job.cluster.Engine;
import io.coppice.job.config.Level;
import io.coppice.model.BlockSource;
import io.coppice.model.BlockStream;
import io.coppice.model.BlockWeights;
import io.coppice.model.DecoderBlock;
import io.coppice.model.LanguageModel;
import io.coppice.reconstruct.ActivationReader;
import io.coppice.reconstruct.BlockTrainer;
import io.coppice.reconstruct.EpochErrors;
import io.coppice.reconstruct.StudentInputs;
import io.coppice.reconstruct.TrainingData;
import io.coppice.reconstruct.TrainingSettings;
import io.coppice.seed.Seeds;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * One span's part of a wave: read its blocks' weights, prune those that are new, train what is
 * left, write it to the work folder, and then, all blocks being written, what came of them. Runs on
 * an executor; weights never leave it but for the file system.
 *
 * @param dense the dense model's blocks
 * @param training one wave's epochs; none for {@link Level#LR}
 * @param pruningWindows how many windows, from the first on, the pruner sees
 * @param calibrationWindows how many windows, from the first on, calibrate; the others are held out
 */
record SpanTask(
    LanguageModel model,
    BlockSource dense,
    Level level,
    TrainingSettings training,
    int pruningWindows,
    int calibrationWindows,
    int windows,
    int sequenceLength,
    Engine engine)
    implements Serializable {

  /** Is told each epoch's errors and seconds. */
  @FunctionalInterface
  interface Listener {
    void epoch(EpochErrors errors, double seconds);
  }

  /** What came of each of the span's blocks. */
  List<BlockOutcome> run(Span span, Listener listener) {
    long begun = System.nanoTime();
    Blas blas = engine.blas();
    List<Span.Member> members = span.members();
    try (Arena arena = Arena.unbounded("blocks %d to %d".formatted(span.first(), span.end() - 1));
        BoundaryActivations.Reader input = span.input().open()) {
      List<BlockWeights> weights =
          members.stream()
              .map(member -> BlockWeights.allocate(model.blockWeights(), arena))
              .toList();
      List<List<BlockOutcome.Layer>> layers = new ArrayList<>();
      for (int i = 0; i < members.size(); i++) {
        layers.add(begin(span, i, weights, input, blas));
      }
      List<EpochErrors> epochs =
          level.trains() && training.epochs() > 0
              ? train(span, weights, input, blas, arena, listener)
              : List.of();
      double seconds = (System.nanoTime() - begun) / 1e9;
      List<BlockOutcome> outcomes = new ArrayList<>();
      for (int i = 0; i < members.size(); i++) {
        Span.Member member = members.get(i);
        member.output().write(member.block(), weights.get(i));
        outcomes.add(
            new BlockOutcome(
                member.block(),
                member.wave(),
                level,
                BlockOutcome.sparsity(model, weights.get(i)),
                layers.get(i),
                epochs,
                seconds / members.size()));
      }
      for (int i = 0; i < members.size(); i++) {
        members.get(i).output().finish(outcomes.get(i));
      }
      return outcomes;
    }
  }

  /** Fills in the weights that a member's training starts from; returns what pruning did. */
  private List<BlockOutcome.Layer> begin(
      Span span, int index, List<BlockWeights> weights, ActivationReader input, Blas blas) {
    Span.Member member = span.members().get(index);
    BlockWeights own = weights.get(index);
    if (member.beginning() instanceof Span.Beginning.Continued continued) {
      continued.previous().read(member.block(), own);
      return continued.layers();
    }
    Span.Beginning.Pruned pruned = (Span.Beginning.Pruned) member.beginning();
    dense.read(member.block(), own);
    try (Arena arena = Arena.unbounded("inputs of block " + member.block());
        BoundaryActivations.Reader denseInput = member.denseInput().open()) {
      return BlockOutcome.layers(
          pruned
              .plan()
              .pruner(model, blas)
              .prune(
                  model.blockPrefix(member.block()),
                  own,
                  pruningInput(span, index, weights, input, denseInput, blas, arena),
                  IntStream.range(0, pruningWindows).toArray(),
                  sequenceLength,
                  blas));
    }
  }

  /**
   * What a member sees when it is pruned: the sparse chain through the members before it, where the
   * span is trained on the sparse chain, else the dense chain.
   */
  private ActivationReader pruningInput(
      Span span,
      int index,
      List<BlockWeights> weights,
      ActivationReader input,
      ActivationReader denseInput,
      Blas blas,
      Arena arena) {
    if (span.student() instanceof Span.Student.Dense) {
      return denseInput;
    }
    return index == 0
        ? input
        : ActivationReader.through(
            model, weights.subList(0, index), input, sequenceLength, blas, arena);
  }

  private List<EpochErrors> train(
      Span span,
      List<BlockWeights> weights,
      ActivationReader input,
      Blas blas,
      Arena arena,
      Listener listener) {
    Span.Member first = span.members().get(0);
    TrainingSettings settings =
        training.withSeed(Seeds.mix(training.seed(), first.block(), first.wave()));
    try (BoundaryActivations.Reader denseInput = first.denseInput().open();
        BoundaryActivations.Reader denseOutput = span.denseOutput().open()) {
      StudentInputs inputs =
          span.student() instanceof Span.Student.Mixed
              ? StudentInputs.mixed(
                  denseInput, input, settings.seed(), sequenceLength, model.hiddenSize(), arena)
              : StudentInputs.exact(input);
      return new BlockTrainer(
              model, blas, arena, weights.size(), sequenceLength, settings.batchSize())
          .train(
              weights,
              trainingData(first.block(), inputs, denseOutput, blas, arena),
              IntStream.range(0, calibrationWindows).toArray(),
              IntStream.range(calibrationWindows, windows).toArray(),
              settings,
              timed(listener));
    }
  }

  private TrainingData trainingData(
      int block, StudentInputs inputs, ActivationReader denseOutput, Blas blas, Arena arena) {
    if (level != Level.BR) {
      return TrainingData.globalPropagation(inputs, denseOutput, sequenceLength);
    }
    BlockWeights denseWeights = BlockWeights.allocate(model.blockWeights(), arena);
    dense.read(block, denseWeights);
    int tokens = BlockStream.microBatch(sequenceLength, training.batchSize()) * sequenceLength;
    DecoderBlock denseBlock = model.newBlock(blas, arena, tokens, sequenceLength, false);
    return TrainingData.blockWise(inputs, denseBlock, denseWeights, sequenceLength);
  }

  private static Consumer<EpochErrors> timed(Listener listener) {
    long[] previous = {System.nanoTime()};
    return errors -> {
      long now = System.nanoTime();
      listener.epoch(errors, (now - previous[0]) / 1e9);
      previous[0] = now;
    };
  }
}
