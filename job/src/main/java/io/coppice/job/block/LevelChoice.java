package io.coppice.job.block;

import io.coppice.job.block.Reconstructed.BlockResult;
import io.coppice.job.chain.CalibratedModel;
import io.coppice.job.chain.ChainErrors;
import io.coppice.job.chain.SparseChain;
import io.coppice.job.cli.Level;
import io.coppice.job.progress.Stages;
import io.coppice.job.schedule.Span;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * {@code --reconstruct auto}: of models that were reconstructed at several levels from the same
 * windows, and of one put together from their blocks, the one that generalises best. Lives on the
 * driver.
 *
 * <p>Perplexity on held-out windows of whole models decides: the best one is taken, then, from the
 * first block to the last, every block is replaced by another level's where that lowers it. That
 * takes L passes of the held-out windows for each further level. What comes of it is kept if its
 * last block's error on held-out windows is no higher either.
 */
public final class LevelChoice {
  private final CalibratedModel calibrated;
  private final Stages stages;
  private final List<Candidate> candidates = new ArrayList<>();

  public LevelChoice(CalibratedModel calibrated, Stages stages) {
    this.calibrated = calibrated;
    this.stages = stages;
  }

  /**
   * A model to choose from.
   *
   * @param levels of each block
   * @param results its last wave's
   * @param perplexity on held-out windows
   */
  public record Candidate(List<Level> levels, List<BlockResult> results, double perplexity) {
    public Candidate {
      levels = List.copyOf(levels);
      results = List.copyOf(results);
    }

    public static Candidate of(List<BlockResult> results, double perplexity) {
      return new Candidate(
          results.stream().map(result -> result.outcome().level()).toList(), results, perplexity);
    }

    /** The last block's errors. */
    public ChainErrors lastErrors() {
      return results.get(results.size() - 1).errors();
    }

    /** One level's name, or all blocks' in order: {@code gp}, {@code gp, cr, gp}. */
    public String name() {
      List<Level> distinct = levels.stream().distinct().toList();
      return String.join(
          ", ", (distinct.size() == 1 ? distinct : levels).stream().map(Level::toString).toList());
    }
  }

  /** All models that the choice was between, in the order of levels, the put together one last. */
  public List<Candidate> candidates() {
    return List.copyOf(candidates);
  }

  /**
   * Chooses.
   *
   * @param models one of each level, in the order of levels, which decides between equals
   * @param folder where the chosen blocks go if they are not all of one level
   */
  public Reconstructed of(List<Reconstructed> models, BlockFiles folder) {
    return stages.run("choice of levels", () -> choose(models, folder));
  }

  private Reconstructed choose(List<Reconstructed> models, BlockFiles folder) {
    for (Reconstructed model : models) {
      candidates.add(Candidate.of(model.lastWave(), calibrated.heldOutPerplexity(model.files())));
    }
    Candidate best =
        candidates.stream().min(Comparator.comparingDouble(Candidate::perplexity)).orElseThrow();
    int whole = candidates.indexOf(best);
    List<Integer> picked = new ArrayList<>(Collections.nCopies(calibrated.blockCount(), whole));
    double perplexity = replace(models, picked, best.perplexity());
    if (picked.stream().distinct().count() == 1) {
      return models.get(whole);
    }
    MixedBlocks blocks = mixed(models, picked);
    List<BlockResult> results = measured(models, picked, blocks);
    Candidate mixture = Candidate.of(results, perplexity);
    candidates.add(mixture);
    if (mixture.lastErrors().heldOut() > best.lastErrors().heldOut()) {
      return models.get(whole);
    }
    folder.copy(blocks, calibrated.blockCount(), calibrated.spark());
    return new Reconstructed(folder, history(models, picked, results));
  }

  private static MixedBlocks mixed(List<Reconstructed> models, List<Integer> picked) {
    return new MixedBlocks(picked.stream().map(index -> models.get(index).files()).toList());
  }

  /** Replaces picked blocks where that lowers the perplexity, which it returns. */
  private double replace(List<Reconstructed> models, List<Integer> picked, double perplexity) {
    double lowest = perplexity;
    for (int block = 0; block < picked.size(); block++) {
      for (int model = 0; model < models.size(); model++) {
        int before = picked.get(block);
        if (model != before) {
          picked.set(block, model);
          double trial = calibrated.heldOutPerplexity(mixed(models, picked));
          if (trial < lowest) {
            lowest = trial;
          } else {
            picked.set(block, before);
          }
        }
      }
    }
    return lowest;
  }

  /** Each picked block's last outcome, with its errors in the chain put together. */
  private List<BlockResult> measured(
      List<Reconstructed> models, List<Integer> picked, MixedBlocks blocks) {
    int count = picked.size();
    List<ChainErrors> errors =
        new SparseChain(calibrated).advance("sparse-chosen", new Span(0, count), blocks, Set.of());
    return IntStream.range(0, count)
        .mapToObj(
            block ->
                new BlockResult(
                    models.get(picked.get(block)).lastWave().get(block).outcome(),
                    errors.get(block)))
        .toList();
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
