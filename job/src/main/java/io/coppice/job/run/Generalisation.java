package io.coppice.job.run;

import io.coppice.job.block.MeasuredBlock;
import io.coppice.job.block.ReconstructedModel;
import io.coppice.reconstruct.EpochErrors;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Tells whether the gains of reconstruction on calibration text carry over to held-out text.
 *
 * @param ratio held-out error of the chain ÷ its calibration error, both relative and means over
 *     blocks; NaN where nothing is held out
 * @param worstBlock where that ratio is highest
 * @param worstRatio the ratio there
 * @param turned blocks whose own held-out error rose again in their last wave, so that later epochs
 *     were not kept
 * @param untrained blocks that keep the weights which pruning left, since no epoch lowered their
 *     own held-out error
 */
public record Generalisation(
    double ratio,
    int worstBlock,
    double worstRatio,
    List<Integer> turned,
    List<Integer> untrained) {
  /**
   * Above it, reconstruction has overfitted. Chosen between what ample text gives (1.05 to 1.1) and
   * what 16 windows of 128 tokens give (1.4 and more) on trained models.
   */
  public static final double LIMIT = 1.2;

  public Generalisation {
    turned = List.copyOf(turned);
    untrained = List.copyOf(untrained);
  }

  static Generalisation of(ReconstructedModel model) {
    List<MeasuredBlock> blocks = model.lastWave();
    MeasuredBlock worst =
        blocks.stream()
            .max(Comparator.comparingDouble(block -> block.errors().generalisation()))
            .orElseThrow();
    return new Generalisation(
        model.errors().generalisation(),
        worst.number(),
        worst.errors().generalisation(),
        blocks.stream()
            .filter(block -> turned(block.finished().epochs()))
            .map(block -> block.number())
            .toList(),
        untrained(model.blocks()));
  }

  /**
   * Whether the lowest held-out error of the block came before the last epoch, but after training
   * began; of epochs that could be kept.
   */
  private static boolean turned(List<EpochErrors> epochs) {
    int best = best(epochs);
    return best > 0 && best < epochs.size() - 1;
  }

  private static List<Integer> untrained(List<MeasuredBlock> blocks) {
    return blocks.stream()
        .filter(block -> !block.finished().epochs().isEmpty())
        .collect(
            Collectors.groupingBy(
                MeasuredBlock::number,
                Collectors.mapping(block -> best(block.finished().epochs()), Collectors.toList())))
        .entrySet()
        .stream()
        .filter(entry -> entry.getValue().stream().allMatch(best -> best == 0))
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }

  /**
   * The epoch of the lowest held-out error of the block, or of the loss that it is trained by; of
   * those with final masks; the last where nothing is held out.
   */
  private static int best(List<EpochErrors> epochs) {
    return EpochErrors.lowest(epochs).map(EpochErrors::epoch).orElse(0);
  }

  /** Whether reconstruction has overfitted the calibration text. */
  public boolean overfitted() {
    return ratio > LIMIT;
  }

  /** One line that says whether it overfitted, where, and what to do about it. */
  public String sentence() {
    if (Double.isNaN(ratio)) {
      return "Whether reconstruction generalises is not known: no text was held out; give --held-out";
    }
    List<String> parts = new ArrayList<>();
    if (overfitted()) {
      parts.add(
          "Reconstruction overfitted the calibration text: on held-out text its error is %s times as"
                  .formatted(number(ratio))
              + " high, most in block %d (%s times)".formatted(worstBlock, number(worstRatio)));
    } else {
      parts.add(
          "Reconstruction generalises: on held-out text its error is %s times that on calibration"
                  .formatted(number(ratio))
              + " text");
    }
    if (!turned.isEmpty()) {
      parts.add(
          "the held-out error of %s rose again before the last epoch".formatted(blocks(turned)));
    }
    if (!untrained.isEmpty()) {
      parts.add(
          "%s kept the weights that pruning left, since no epoch lowered %s held-out error; a lower"
                  .formatted(blocks(untrained), untrained.size() == 1 ? "its" : "their")
              + " --learning-rate may help");
    }
    if (overfitted()) {
      parts.add(
          "give more --samples, add windows by --self-generated, or take a lower level of"
              + " --reconstruct");
    }
    return String.join("; ", parts);
  }

  private static String blocks(List<Integer> blocks) {
    return (blocks.size() == 1 ? "block " : "blocks ")
        + blocks.stream().map(String::valueOf).collect(Collectors.joining(", "));
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }
}
