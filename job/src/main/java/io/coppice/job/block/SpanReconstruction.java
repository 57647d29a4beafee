package io.coppice.job.block;

import io.coppice.failure.UsageException;
import io.coppice.job.chain.activations.BoundaryActivations;
import io.coppice.job.cli.Level;
import io.coppice.job.schedule.InputChain;
import io.coppice.model.BlockName;
import io.coppice.model.BlockWeights;
import io.coppice.model.LanguageModel;
import io.coppice.prune.GradualPruning;
import io.coppice.prune.PruneResult;
import io.coppice.reconstruct.ActivationReader;
import io.coppice.reconstruct.BlockPruner;
import io.coppice.reconstruct.DivergedException;
import io.coppice.reconstruct.EpochErrors;
import io.coppice.reconstruct.GradualMasks;
import io.coppice.reconstruct.LayerOutcome;
import io.coppice.reconstruct.LossKind;
import io.coppice.reconstruct.MaskSchedule;
import io.coppice.reconstruct.PruningWorkspace;
import io.coppice.reconstruct.SpanWorkspace;
import io.coppice.reconstruct.Student;
import io.coppice.reconstruct.StudentInputs;
import io.coppice.reconstruct.TrainingData;
import io.coppice.reconstruct.TrainingSet;
import io.coppice.reconstruct.TrainingSettings;
import io.coppice.reconstruct.TrainingWorkspace;
import io.coppice.reconstruct.Windows;
import io.coppice.seed.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * One span's part of a round: read its blocks' weights, prune those that are new, train what is
 * left, write it to the work folder, and then, all blocks being written, their records. Lives on an
 * executor, in the memory of one task.
 *
 * <p>With gradual masks, blocks are pruned while they are trained, by scores on the dense chain.
 *
 * <p>Pruned blocks, and a snapshot of each epoch, wait in the work folder until the span is
 * finished, so that another attempt goes on with them.
 */
final class SpanReconstruction {
  private final SpanTask task;
  private final SpanAssignment assignment;
  private final SpanWorkspace workspace;
  private final ActivationReader input;
  private final SpanTask.Listener listener;
  private final LanguageModel model;
  private final Windows windows;
  private final List<SpanAssignment.Member> members;

  /**
   * @param workspace of as many blocks as the span has
   * @param input the assignment's, opened
   */
  SpanReconstruction(
      SpanTask task,
      SpanAssignment assignment,
      SpanWorkspace workspace,
      ActivationReader input,
      SpanTask.Listener listener) {
    this.task = task;
    this.assignment = assignment;
    this.workspace = workspace;
    this.input = input;
    this.listener = listener;
    model = task.dense().model();
    windows = task.windows();
    members = assignment.members();
  }

  /** Runs to the end; gives the record of each of the span's blocks. */
  List<FinishedBlock> run() {
    long start = System.nanoTime();
    List<BlockPruner.Gradual> begun = new ArrayList<>();
    for (int i = 0; i < members.size(); i++) {
      begun.add(begin(i));
    }
    Trained trained = task.trains() ? train(masks(begun)) : Trained.NOT;
    double seconds = (System.nanoTime() - start) / 1e9;
    List<FinishedBlock> finished = new ArrayList<>();
    for (int i = 0; i < members.size(); i++) {
      SpanAssignment.Member member = members.get(i);
      member.output().write(member.block(), weights(i));
      finished.add(record(i, outcomes(i, begun.get(i)), trained, seconds));
    }
    for (int i = 0; i < members.size(); i++) {
      members.get(i).output().finish(finished.get(i));
    }
    deleteUnfinished();
    if (task.trains()) {
      listener.finished(seconds, trained.secondsWaited());
    }
    return finished;
  }

  /**
   * The outcome of training.
   *
   * @param secondsWaited in which it waited for activations
   */
  private record Trained(List<EpochErrors> epochs, double secondsWaited) {
    static final Trained NOT = new Trained(List.of(), 0);
  }

  private BlockWeights weights(int index) {
    return workspace.weights().get(index);
  }

  private FinishedBlock record(
      int index, List<LayerOutcome> layers, Trained trained, double seconds) {
    SpanAssignment.Member member = members.get(index);
    return new FinishedBlock(
        member.block(),
        member.wave(),
        task.level(),
        FinishedBlock.sparsity(model, weights(index)),
        layers,
        trained.epochs(),
        seconds / members.size(),
        trained.secondsWaited() / members.size());
  }

  /** The masks that shrink in training, if any do; all on the schedule of the run. */
  private Optional<GradualMasks> masks(List<BlockPruner.Gradual> begun) {
    List<Map<String, GradualPruning>> layers =
        begun.stream().map(BlockPruner.Gradual::layers).toList();
    return members.stream()
        .flatMap(member -> schedule(member).stream())
        .findFirst()
        .map(schedule -> new GradualMasks(schedule, layers));
  }

  private Optional<MaskSchedule> schedule(SpanAssignment.Member member) {
    return member.beginning() instanceof Beginning.Pruned pruned
        ? pruned.plan().masks().schedule(task.level())
        : Optional.empty();
  }

  /** A member's results of pruning; of layers that were pruned in training, after it. */
  private List<LayerOutcome> outcomes(int index, BlockPruner.Gradual begun) {
    return begun.outcomes().stream()
        .map(
            layer ->
                begun.layers().containsKey(layer.name())
                    ? layer.withSparsity(
                        PruneResult.of(weights(index).tensor(layer.name())).sparsity())
                    : layer)
        .toList();
  }

  /** Fills in the weights that a member's training starts with; gives the results of pruning. */
  private BlockPruner.Gradual begin(int index) {
    SpanAssignment.Member member = members.get(index);
    if (member.beginning() instanceof Beginning.Continued continued) {
      continued.previous().read(member.block(), weights(index));
      return BlockPruner.Gradual.finished(continued.layers());
    }
    PruningPlan.Block plan = ((Beginning.Pruned) member.beginning()).plan();
    if (plan.masks().schedule(task.level()).isPresent()) {
      // Cheap beside training, and the scores are not kept: another attempt does it again.
      return pruning(index, plan, InputChain.DENSE, room -> room.gradual(0, weights(index)));
    }
    return BlockPruner.Gradual.finished(pruned(index, plan));
  }

  private List<LayerOutcome> pruned(int index, PruningPlan.Block plan) {
    SpanAssignment.Member member = members.get(index);
    if (!task.trains()) {
      return prune(index, plan);
    }
    BlockFiles kept = member.output().unfinished();
    Optional<FinishedBlock> earlier = kept.finished(member.block());
    if (earlier.isPresent()) {
      kept.read(member.block(), weights(index));
      return earlier.orElseThrow().layers();
    }
    List<LayerOutcome> layers = prune(index, plan);
    kept.write(member.block(), weights(index));
    kept.finish(record(index, layers, Trained.NOT, 0));
    return layers;
  }

  /**
   * Prunes a member on the inputs that it will be trained on: the sparse chain through the members
   * before it if the span reads that one, else the dense chain.
   */
  private List<LayerOutcome> prune(int index, PruningPlan.Block plan) {
    return pruning(index, plan, assignment.chain(), room -> room.prune(0, weights(index)));
  }

  /**
   * Reads a member's dense weights and does something to them by statistics of its inputs.
   *
   * @param chain that the inputs are of; if not the dense one, the span's
   */
  private <T> T pruning(
      int index, PruningPlan.Block plan, InputChain chain, Function<PruningWorkspace, T> work) {
    SpanAssignment.Member member = members.get(index);
    BlockName name = model.blockName(member.block());
    boolean onDense = chain == InputChain.DENSE;
    task.dense().read(member.block(), weights(index));
    BlockPruner pruner = plan.pruner(model, task.engine().blas());
    try (BoundaryActivations.Reader denseInput = member.denseInput().open();
        PruningWorkspace pruning = workspace.pruning(name, pruner, onDense ? 0 : index)) {
      pruning.gather(weights(index), onDense ? denseInput : input, windows.calibration());
      return work.apply(pruning);
    }
  }

  private Trained train(Optional<GradualMasks> masks) {
    SpanAssignment.Member first = assignment.firstMember();
    TrainingSettings settings =
        task.training().withSeed(Seeds.mix(task.training().seed(), first.block(), first.wave()));
    boolean mixed = assignment.chain() == InputChain.MIXED;
    TrainingWorkspace training =
        workspace.training(
            TrainingWorkspace.Kind.of(settings.batchSize())
                .blockWise(task.level() == Level.BR)
                .mixedInputs(mixed)
                .lowering(assignment.loss().kind()));
    assignment.loss().read(training.trainer(), task.dense());
    try (BoundaryActivations.Reader denseInput = first.denseInput().openForEpochs();
        BoundaryActivations.Reader denseOutput = assignment.denseOutput().openForEpochs()) {
      StudentInputs inputs =
          training
              .mixing()
              .map(room -> StudentInputs.mixed(denseInput, input, settings.seed(), room))
              .orElse(StudentInputs.exact(input));
      List<EpochErrors> epochs =
          training
              .trainer()
              .train(
                  new Student(workspace.weights(), masks),
                  new TrainingSet(
                      data(inputs, denseOutput, training), windows.training(), windows.heldOut()),
                  settings,
                  snapshot(settings, masks),
                  new EpochClock(listener));
      return new Trained(epochs, training.trainer().secondsWaited());
    } catch (DivergedException e) {
      throw new UsageException(
          "Block %d in wave %d: %s".formatted(first.block(), first.wave(), e.getMessage()), e);
    }
  }

  private TrainingData data(
      StudentInputs inputs, ActivationReader denseOutput, TrainingWorkspace training) {
    if (training.teacher().isEmpty()) {
      return TrainingData.globalPropagation(inputs, denseOutput, windows.length());
    }
    TrainingWorkspace.Teacher teacher = training.teacher().orElseThrow();
    task.dense().read(assignment.span().first(), teacher.weights());
    return TrainingData.blockWise(inputs, teacher.block(), teacher.weights(), windows.length());
  }

  private SpanSnapshot snapshot(TrainingSettings settings, Optional<GradualMasks> masks) {
    BlockFiles output = assignment.firstMember().output();
    return new SpanSnapshot(
        output.snapshot(assignment.span()),
        "%s of blocks %s, %d of %d windows of %d tokens, %s%s%s"
            .formatted(
                task.level(),
                members.stream()
                    .map(member -> member.block() + " in wave " + member.wave())
                    .toList(),
                windows.training().count(),
                windows.all().count(),
                windows.length(),
                settings,
                masks.map(shrinking -> ", " + shrinking.schedule()).orElse(""),
                assignment.loss().kind() instanceof LossKind.SquaredError
                    ? ""
                    : ", " + assignment.loss().kind()),
        output.hadoop().configuration(),
        listener::resumed);
  }

  private void deleteUnfinished() {
    if (task.trains()) {
      BlockFiles output = assignment.firstMember().output();
      output.delete(output.snapshot(assignment.span()));
      members.forEach(member -> member.output().unfinished().delete(member.block()));
    }
  }

  /** Measures the time of each epoch. */
  private static final class EpochClock implements Consumer<EpochErrors> {
    private final SpanTask.Listener listener;
    private long last = System.nanoTime();

    EpochClock(SpanTask.Listener listener) {
      this.listener = listener;
    }

    @Override
    public void accept(EpochErrors errors) {
      long now = System.nanoTime();
      listener.epoch(errors, (now - last) / 1e9);
      last = now;
    }
  }
}
