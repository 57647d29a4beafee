package io.coppice.job.block;

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
 * {@code --reconstruct auto}: chooses, from models that were reconstructed at several levels on the
 * same windows and one that is mixed from their blocks, the one that generalises best. Lives on the
 * driver.
 *
 * <p>Perplexity on held-out windows of whole models decides: the best one is taken, then, from the
 * first block to the last, every block is replaced by another level's where that lowers it. That
 * takes L passes of the held-out windows for each further level. The result is kept if its held-out
 * error of the chain after the last block is no higher either; that is not asked where just one of
 * the two last blocks is trained by its error.
 */
public final class LevelChoice {
  private final CalibratedModel calibrated;
  private final Stages stages;
  private final List<Candidate> candidates = new ArrayList<>();
  private final List<ReconstructedModel> compared = new ArrayList<>();

  public LevelChoice(CalibratedModel calibrated, Stages stages) {
    this.calibrated = calibrated;
    this.stages = stages;
  }

  /**
   * A model to choose from.
   *
   * @param blocks as their last waves left them, in the model's order
   * @param perplexity on held-out windows
   */
  public record Candidate(List<MeasuredBlock> blocks, double perplexity) {
    public Candidate {
      blocks = List.copyOf(blocks);
    }

    /** Errors of the chain after the last block. */
    public ChainErrors lastErrors() {
      return blocks.get(blocks.size() - 1).errors();
    }

    private FinishedBlock lastBlock() {
      return blocks.get(blocks.size() - 1).finished();
    }

    /** One level's name, or all blocks' in order: {@code gp}, {@code gp, cr, gp}. */
    public String name() {
      List<Level> levels = blocks.stream().map(block -> block.finished().level()).toList();
      List<Level> distinct = levels.stream().distinct().toList();
      return String.join(
          ", ", (distinct.size() == 1 ? distinct : levels).stream().map(Level::toString).toList());
    }
  }

  /** All models that were compared, in the order of levels, the mixed one last. */
  public List<Candidate> candidates() {
    return List.copyOf(candidates);
  }

  /** The models that were reconstructed at one level each, in the order of levels. */
  public List<ReconstructedModel> compared() {
    return List.copyOf(compared);
  }

  /**
   * Chooses the model that generalises best.
   *
   * @param models one for each level; of equals the first is chosen
   * @param folder receives the chosen blocks if they are not all of one level
   */
  public ReconstructedModel of(List<ReconstructedModel> models, BlockFiles folder) {
    return stages.run("choice of levels", () -> choose(models, folder));
  }

  private ReconstructedModel choose(List<ReconstructedModel> models, BlockFiles folder) {
    compared.addAll(models);
    for (ReconstructedModel model : models) {
      candidates.add(new Candidate(model.lastWave(), calibrated.heldOutPerplexity(model.files())));
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
    List<MeasuredBlock> last = measured(models, picked, blocks);
    Candidate mixture = new Candidate(last, perplexity);
    candidates.add(mixture);
    if (comparable(mixture, best) && mixture.lastErrors().heldOut() > best.lastErrors().heldOut()) {
      return models.get(whole);
    }
    folder.copy(blocks, calibrated.blockCount(), calibrated.spark());
    return new ReconstructedModel(folder, history(models, picked, last));
  }

  /** Whether errors after the last block can be compared: training has the same part in both. */
  private static boolean comparable(Candidate one, Candidate other) {
    return one.lastBlock().isTrainedAs(other.lastBlock());
  }

  private static MixedBlocks mixed(List<ReconstructedModel> models, List<Integer> picked) {
    return new MixedBlocks(picked.stream().map(index -> models.get(index).files()).toList());
  }

  /** Replaces picked blocks where that lowers the perplexity, which it returns. */
  private double replace(List<ReconstructedModel> models, List<Integer> picked, double perplexity) {
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

  /** Each picked block as its last wave left it, with its errors in the mixed chain. */
  private List<MeasuredBlock> measured(
      List<ReconstructedModel> models, List<Integer> picked, MixedBlocks blocks) {
    int count = picked.size();
    List<ChainErrors> errors =
        new SparseChain(calibrated).advance("sparse-chosen", new Span(0, count), blocks, Set.of());
    return IntStream.range(0, count)
        .mapToObj(
            block ->
                new MeasuredBlock(
                    models.get(picked.get(block)).lastWave().get(block).finished(),
                    errors.get(block)))
        .toList();
  }

  /** Each picked block's waves; the last with its errors in the mixed chain. */
  private static List<MeasuredBlock> history(
      List<ReconstructedModel> models, List<Integer> picked, List<MeasuredBlock> lastWave) {
    List<MeasuredBlock> history = new ArrayList<>();
    for (MeasuredBlock last : lastWave) {
      models.get(picked.get(last.number())).blocks().stream()
          .filter(block -> block.number() == last.number() && block.wave() < last.wave())
          .forEach(history::add);
    }
    history.addAll(lastWave);
    return history;
  }
}
