package io.coppice.job.stage;

import io.coppice.job.activations.BoundaryActivations;
import io.coppice.job.config.Level;
import io.coppice.job.stage.ChainPass.Keep;
import io.coppice.job.stage.Reconstructed.BlockResult;
import io.coppice.model.BlockSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * {@code --reconstruct auto}: of models that were reconstructed at several levels from the same
 * windows, and of one put together block by block from them, the one that generalises best. Lives
 * on the driver.
 *
 * <p>Put together from the first block on: each next block is that of the level which, on what the
 * blocks before it give, comes nearest to the dense chain on held-out windows. Between the whole
 * models the perplexity on held-out windows decides.
 */
final class LevelChoice {
  private final CalibratedModel calibrated;
  private final Stages stages;
  private final List<Candidate> candidates = new ArrayList<>();

  LevelChoice(CalibratedModel calibrated, Stages stages) {
    this.calibrated = calibrated;
    this.stages = stages;
  }

  /**
   * A model to choose from.
   *
   * @param levels of each block
   * @param blocks where they are
   * @param results its last wave's
   * @param perplexity on held-out windows
   */
  record Candidate(
      List<Level> levels, BlockSource blocks, List<BlockResult> results, double perplexity) {
    Candidate {
      levels = List.copyOf(levels);
      results = List.copyOf(results);
    }

    /** One level's name, or all blocks' in order: {@code gp}, {@code gp, cr, gp}. */
    String name() {
      List<Level> distinct = levels.stream().distinct().toList();
      return String.join(
          ", ", (distinct.size() == 1 ? distinct : levels).stream().map(Level::toString).toList());
    }
  }

  /** All models that the choice was between, in the order of levels, the put together one last. */
  List<Candidate> candidates() {
    return List.copyOf(candidates);
  }

  /**
   * Chooses.
   *
   * @param models one of each level, in the order of levels, which decides between equals
   * @param folder where the chosen blocks go if they are not all of one level
   */
  Reconstructed of(List<Reconstructed> models, BlockFiles folder) {
    return stages.run("choice of levels", () -> choose(models, folder));
  }

  private Reconstructed choose(List<Reconstructed> models, BlockFiles folder) {
    for (Reconstructed model : models) {
      candidates.add(candidate(model.files(), model.lastWave()));
    }
    List<Integer> picked = new ArrayList<>();
    List<BlockResult> results = new ArrayList<>();
    pick(models, picked, results);
    boolean mixed = picked.stream().distinct().count() > 1;
    if (mixed) {
      List<BlockFiles> files = picked.stream().map(index -> models.get(index).files()).toList();
      candidates.add(candidate((block, weights) -> files.get(block).read(block, weights), results));
    }
    Candidate best =
        candidates.stream().min(Comparator.comparingDouble(Candidate::perplexity)).orElseThrow();
    int index = candidates.indexOf(best);
    if (index < models.size()) {
      return models.get(index);
    }
    for (int block = 0; block < picked.size(); block++) {
      models.get(picked.get(block)).files().copy(block, folder);
    }
    return new Reconstructed(folder, history(models, picked, results));
  }

  private Candidate candidate(BlockSource blocks, List<BlockResult> results) {
    return new Candidate(
        results.stream().map(result -> result.outcome().level()).toList(),
        blocks,
        results,
        calibrated.heldOutPerplexity(blocks));
  }

  /** Fills in each block's model and its result behind the blocks picked before it. */
  private void pick(List<Reconstructed> models, List<Integer> picked, List<BlockResult> results) {
    BoundaryActivations input = calibrated.boundaries().get(0);
    for (int block = 0; block < calibrated.blockCount(); block++) {
      List<Passes.Outcome> passes = new ArrayList<>();
      for (Reconstructed model : models) {
        passes.add(pass(model, block, input));
      }
      int best =
          IntStream.range(0, models.size())
              .boxed()
              .min(Comparator.comparingDouble(i -> passes.get(i).errors().get(0).heldOut()))
              .orElseThrow();
      picked.add(best);
      results.add(
          new BlockResult(
              models.get(best).lastWave().get(block).outcome(), passes.get(best).errors().get(0)));
      if (block > 0) {
        input.release();
      }
      for (int i = 0; i < passes.size(); i++) {
        if (i != best) {
          passes.get(i).boundaries().forEach(BoundaryActivations::release);
        }
      }
      input = passes.get(best).boundaries().get(0);
    }
    input.release();
  }

  private Passes.Outcome pass(Reconstructed model, int block, BoundaryActivations input) {
    return calibrated
        .passes()
        .sparse(
            "choice-" + model.lastWave().get(block).outcome().level(),
            block,
            block + 1,
            model.files(),
            input,
            Keep.OUTPUTS,
            List.of(calibrated.boundaries().get(block + 1)));
  }

  /** Each picked block's waves; the last with its errors in the chain put together. */
  private static List<BlockResult> history(
      List<Reconstructed> models, List<Integer> picked, List<BlockResult> results) {
    List<BlockResult> history = new ArrayList<>();
    for (int block = 0; block < picked.size(); block++) {
      int index = block;
      BlockResult last = results.get(block);
      models.get(picked.get(block)).results().stream()
          .filter(result -> result.outcome().block() == index)
          .filter(result -> result.outcome().wave() < last.outcome().wave())
          .forEach(history::add);
    }
    history.addAll(results);
    return history;
  }
}
