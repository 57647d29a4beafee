package io.coppice.reconstruct;

import io.coppice.failure.InvalidDataException;
import io.coppice.optimizer.AdamW;
import io.coppice.parallel.KernelPool;
import io.coppice.prune.GradualPruning;
import io.coppice.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The shrinking of masks in one training. Where none shrinks, it does nothing. */
final class MaskShrinking {
  private final Student student;
  private final KernelPool pool;
  private final long lastStep;

  /**
   * @param steps of the training
   * @param pool whose threads share the work
   */
  MaskShrinking(Student student, long steps, KernelPool pool) {
    this.student = student;
    this.pool = pool;
    lastStep = student.masks().map(masks -> masks.schedule().lastStep(steps)).orElse(0L);
  }

  /** Work on a weight whose mask shrinks. */
  private interface Work {
    void on(int block, String name, GradualPruning pruning);
  }

  private void each(Work work) {
    student
        .masks()
        .ifPresent(
            masks -> {
              for (int i = 0; i < masks.layers().size(); i++) {
                int block = i;
                masks.layers().get(i).forEach((name, layer) -> work.on(block, name, layer));
              }
            });
  }

  private Tensor weight(int block, String name) {
    return student.weights().get(block).tensor(name);
  }

  /** Prunes the dense weights to the sparsity of the first step. */
  void begin() {
    prune(0);
  }

  /** Whether the mask of a weight shrinks. */
  boolean shrinks(int block, String name) {
    return student.masks().filter(masks -> masks.shrinks(block, name)).isPresent();
  }

  /**
   * Shrinks the masks before a step, if they do before this one.
   *
   * @param step from 0
   * @throws DivergedException if a weight is NaN or infinite by then
   */
  void before(long step, List<Map<String, AdamW>> optimizers) {
    Optional<MaskSchedule> schedule = student.masks().map(GradualMasks::schedule);
    if (step == 0 || schedule.filter(it -> it.shrinksBefore(step, lastStep)).isEmpty()) {
      return;
    }
    try {
      prune(step);
    } catch (InvalidDataException e) {
      throw new DivergedException(
          "Training diverged: before step %d a weight is NaN or infinite; use a lower"
                  .formatted(step + 1)
              + " --learning-rate",
          e);
    }
    drop(optimizers);
  }

  private void prune(long step) {
    each(
        (block, name, pruning) ->
            pruning.prune(
                weight(block, name),
                student.masks().orElseThrow().schedule().sparsity(pruning.target(), step, lastStep),
                pool));
  }

  /**
   * Takes the weights that are exactly 0 out of the masks that shrink. After an epoch this makes
   * the weights tell their mask, so that a snapshot holds it.
   */
  void drop(List<Map<String, AdamW>> optimizers) {
    each((block, name, pruning) -> optimizers.get(block).get(name).drop(weight(block, name)));
  }

  /** Takes the masks from weights that a snapshot has brought back. */
  void resume(List<Map<String, AdamW>> optimizers) {
    each((block, name, pruning) -> optimizers.get(block).get(name).resume(weight(block, name)));
  }

  /** Whether masks have reached their sparsity after so many steps. */
  boolean isOver(long steps) {
    return lastStep == 0 || steps > lastStep;
  }
}
