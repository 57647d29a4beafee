package io.coppice.job.block;

import io.coppice.failure.UsageException;
import io.coppice.job.activations.BoundaryActivations;
import io.coppice.job.cluster.Engine;
import io.coppice.job.cluster.LogContext;
import io.coppice.job.config.Level;
import io.coppice.job.schedule.InputChain;
import io.coppice.model.BlockSource;
import io.coppice.model.BlockStream;
import io.coppice.model.BlockWeights;
import io.coppice.model.DecoderBlock;
import io.coppice.model.LanguageModel;
import io.coppice.reconstruct.ActivationReader;
import io.coppice.reconstruct.BlockTrainer;
import io.coppice.reconstruct.EpochErrors;
import io.coppice.reconstruct.SpanMemory;
import io.coppice.reconstruct.StudentInputs;
import io.coppice.reconstruct.TrainingData;
import io.coppice.reconstruct.TrainingSettings;
import io.coppice.seed.Seeds;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * One span's part of a wave: read its blocks' weights, prune those that are new, train what is
 * left, write it to the work folder, and then, all blocks being written, what came of them. Runs on
 * an executor; weights never leave it but for the file system.
 *
 * <p>Pruned blocks, and a snapshot of each epoch, wait in the work folder until the span is
 * finished, so that another attempt goes on with them.
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

  /** Is told how a training goes. */
  interface Listener {
    /** It goes on behind an epoch that an earlier attempt has done. */
    void resumed(int epoch);

    /** An epoch is over. */
    void epoch(EpochErrors errors, double seconds);
  }

  /** What came of each of the span's blocks. */
  List<BlockOutcome> run(SpanAssignment span, Listener listener) {
    long begun = System.nanoTime();
    Blas blas = engine.blas();
    List<SpanAssignment.Member> members = span.members();
    try (LogContext ignored = LogContext.ofBlock(span.span().first());
        Arena arena =
            new Arena(
                "blocks %d to %d".formatted(span.span().first(), span.span().end() - 1),
                budget(members.size(), blas));
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
          trains() ? train(span, weights, input, blas, arena, listener) : List.of();
      double seconds = (System.nanoTime() - begun) / 1e9;
      List<BlockOutcome> outcomes = new ArrayList<>();
      for (int i = 0; i < members.size(); i++) {
        SpanAssignment.Member member = members.get(i);
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
      deleteUnfinished(span);
      return outcomes;
    }
  }

  /** The most bytes that the span's weights and their training take. */
  private long budget(int blocks, Blas blas) {
    SpanMemory memory = new SpanMemory(model, blas, blocks, sequenceLength);
    return trains()
        ? memory.training(new SpanMemory.Training(training.batchSize(), level == Level.BR, true, 1))
        : memory.weights();
  }

  /** Fills in the weights that a member's training starts from; returns what pruning did. */
  private List<BlockOutcome.Layer> begin(
      SpanAssignment span, int index, List<BlockWeights> weights, ActivationReader input, Blas blas) {
    SpanAssignment.Member member = span.members().get(index);
    BlockWeights own = weights.get(index);
    if (member.beginning() instanceof Beginning.Continued continued) {
      continued.previous().read(member.block(), own);
      return continued.layers();
    }
    BlockFiles kept = member.output().unfinished();
    Optional<BlockOutcome> earlier = trains() ? kept.outcome(member.block()) : Optional.empty();
    if (earlier.isPresent()) {
      kept.read(member.block(), own);
      return earlier.orElseThrow().layers();
    }
    List<BlockOutcome.Layer> layers = prune(span, index, weights, input, blas);
    if (trains()) {
      kept.write(member.block(), own);
      kept.finish(
          new BlockOutcome(
              member.block(),
              member.wave(),
              level,
              BlockOutcome.sparsity(model, own),
              layers,
              List.of(),
              0));
    }
    return layers;
  }

  private boolean trains() {
    return level.trains() && training.epochs() > 0;
  }

  private List<BlockOutcome.Layer> prune(
      SpanAssignment span, int index, List<BlockWeights> weights, ActivationReader input, Blas blas) {
    SpanAssignment.Member member = span.members().get(index);
    BlockWeights own = weights.get(index);
    Beginning.Pruned pruned = (Beginning.Pruned) member.beginning();
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
      SpanAssignment span,
      int index,
      List<BlockWeights> weights,
      ActivationReader input,
      ActivationReader denseInput,
      Blas blas,
      Arena arena) {
    if (span.chain() == InputChain.DENSE) {
      return denseInput;
    }
    return index == 0
        ? input
        : ActivationReader.through(
            model, weights.subList(0, index), input, sequenceLength, blas, arena);
  }

  private List<EpochErrors> train(
      SpanAssignment span,
      List<BlockWeights> weights,
      ActivationReader input,
      Blas blas,
      Arena arena,
      Listener listener) {
    SpanAssignment.Member first = span.members().get(0);
    TrainingSettings settings =
        training.withSeed(Seeds.mix(training.seed(), first.block(), first.wave()));
    try (BoundaryActivations.Reader denseInput = first.denseInput().open();
        BoundaryActivations.Reader denseOutput = span.denseOutput().open()) {
      StudentInputs inputs =
          span.chain() == InputChain.MIXED
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
              snapshot(span, settings, listener),
              timed(listener));
    } catch (UsageException e) {
      throw new UsageException(
          "Block %d in wave %d: %s".formatted(first.block(), first.wave(), e.getMessage()), e);
    }
  }

  private SpanSnapshot snapshot(SpanAssignment span, TrainingSettings settings, Listener listener) {
    BlockFiles output = span.members().get(0).output();
    return new SpanSnapshot(
        output.snapshot(span.span().first(), span.span().end()),
        "%s of blocks %s, %d of %d windows of %d tokens, %s"
            .formatted(
                level,
                span.members().stream()
                    .map(member -> member.block() + " in wave " + member.wave())
                    .toList(),
                calibrationWindows,
                windows,
                sequenceLength,
                settings),
        output.hadoop().configuration(),
        listener::resumed);
  }

  private void deleteUnfinished(SpanAssignment span) {
    if (trains()) {
      BlockFiles output = span.members().get(0).output();
      output.delete(output.snapshot(span.span().first(), span.span().end()));
      span.members().forEach(member -> member.output().unfinished().delete(member.block()));
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
