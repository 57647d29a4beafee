package io.coppice.job.block;

import io.coppice.failure.UsageException;
import io.coppice.job.chain.CalibratedModel;
import io.coppice.job.chain.OutlierPass;
import io.coppice.job.cli.Allocation;
import io.coppice.job.cli.LayerOverride;
import io.coppice.job.cli.Level;
import io.coppice.job.cli.Masks;
import io.coppice.job.cli.PruningSettings;
import io.coppice.job.progress.Stages;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.prune.Dense;
import io.coppice.prune.LayerPattern;
import io.coppice.prune.LayerRefit;
import io.coppice.prune.PruningMethod;
import io.coppice.prune.SemiStructured;
import io.coppice.prune.Unstructured;
import io.coppice.reconstruct.BlockPruner;
import io.coppice.reconstruct.OutlierRatio;
import io.coppice.tensor.Blas;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The patterns that every block is pruned in.
 *
 * @param blocks in the model's order
 */
public record PruningPlan(List<Block> blocks) {
  public PruningPlan {
    blocks = List.copyOf(blocks);
  }

  /**
   * The method and the patterns that one block is pruned by; sent to tasks.
   *
   * @param patterns of each prunable weight, by its name inside the block
   * @param refitIterations 0 for no refit
   * @param masks time at which masks are chosen
   */
  record Block(
      PruningMethod method, Map<String, LayerPattern> patterns, int refitIterations, Masks masks)
      implements Serializable {
    Block {
      patterns = Map.copyOf(patterns);
    }

    BlockPruner pruner(LanguageModel model, Blas blas) {
      return new BlockPruner(
          model,
          method.pruner(blas),
          patterns,
          refitIterations == 0
              ? Optional.empty()
              : Optional.of(new LayerRefit(blas, refitIterations)));
    }
  }

  /** The N:M pattern of all pruned weights, or {@code unstructured}. */
  public String structure() {
    Set<String> patterns =
        blocks.stream()
            .flatMap(block -> block.patterns().values().stream())
            .filter(pattern -> !(pattern instanceof Dense))
            .map(pattern -> pattern instanceof SemiStructured ? pattern.toString() : "unstructured")
            .collect(Collectors.toSet());
    return patterns.size() == 1 ? patterns.iterator().next() : "unstructured";
  }

  /** Whether weights may be pruned anywhere in some tensor. */
  boolean hasUnstructured() {
    return blocks.stream()
        .flatMap(block -> block.patterns().values().stream())
        .anyMatch(Unstructured.class::isInstance);
  }

  /** The full names of the weights that are pruned, in the model's order. */
  public List<String> names(LanguageModel model) {
    List<String> names = new ArrayList<>();
    for (int block = 0; block < blocks.size(); block++) {
      Map<String, LayerPattern> patterns = blocks.get(block).patterns();
      for (WeightShape shape : prunable(model)) {
        if (!(patterns.get(shape.name()) instanceof Dense)) {
          names.add(model.blockName(block).of(shape));
        }
      }
    }
    return names;
  }

  /** A block's dense weights, pruned by this plan at whatever level. */
  public Beginning beginning(Level level, int block) {
    return new Beginning.Pruned(blocks.get(block));
  }

  /** Whether blocks are pruned before they are trained at a level. */
  boolean prunesAtOnce(Level level) {
    return blocks.stream().allMatch(block -> block.masks().schedule(level).isEmpty());
  }

  /** The masks of all blocks. */
  public Masks masks() {
    return blocks.get(0).masks();
  }

  /** The same patterns with other masks. */
  PruningPlan with(Masks masks) {
    return new PruningPlan(
        blocks.stream()
            .map(
                block ->
                    new Block(block.method(), block.patterns(), block.refitIterations(), masks))
            .toList());
  }

  /** The pattern of a tensor that no override names. */
  @FunctionalInterface
  private interface CommonPattern {
    LayerPattern of(int block, WeightShape shape);
  }

  /**
   * Applies the settings to a model's tensors, every block alike; looks at shapes only.
   *
   * @throws UsageException if an override matches no prunable tensor
   * @throws io.coppice.failure.InvalidDataException if a tensor's rows are no whole groups of its
   *     N:M pattern
   */
  public static PruningPlan of(PruningSettings settings, LanguageModel model) {
    return of(settings, model, (block, shape) -> settings.pattern());
  }

  /** This plan, or one with the sparsity spread over blocks where the settings ask for it. */
  public PruningPlan allocated(
      PruningSettings settings, CalibratedModel calibrated, Stages stages) {
    if (!(settings.allocation() instanceof Allocation.Owl owl)) {
      return this;
    }
    LanguageModel model = calibrated.dense().model();
    OutlierPass pass = OutlierPass.on(calibrated, new OutlierRatio(owl.outlierMultiple()));
    double[] ratios = stages.run("outliers", () -> pass.run(calibrated, common(settings, model)));
    return owl(settings, model, owl, ratios);
  }

  /**
   * As {@link #of}, with the sparsity spread over blocks.
   *
   * @param ratios outlier ratio by block
   */
  private static PruningPlan owl(
      PruningSettings settings, LanguageModel model, Allocation.Owl owl, double[] ratios) {
    List<List<WeightShape>> common = common(settings, model);
    long[] pruned =
        new OwlAllocation(settings.pattern().sparsity(), owl.lambda())
            .pruned(common.stream().mapToLong(PruningPlan::size).toArray(), ratios);
    List<Map<String, LayerPattern>> patterns = new ArrayList<>();
    for (int block = 0; block < pruned.length; block++) {
      List<WeightShape> shapes = common.get(block);
      long[] shares =
          OwlAllocation.share(
              pruned[block], shapes.stream().mapToLong(WeightShape::size).toArray());
      Map<String, LayerPattern> ofBlock = new HashMap<>();
      for (int i = 0; i < shares.length; i++) {
        WeightShape shape = shapes.get(i);
        ofBlock.put(shape.name(), Unstructured.exactly(shares[i], shape.size()));
      }
      patterns.add(ofBlock);
    }
    return of(settings, model, (block, shape) -> patterns.get(block).get(shape.name()));
  }

  /** By block, the prunable weights that no override names. */
  private static List<List<WeightShape>> common(PruningSettings settings, LanguageModel model) {
    List<List<WeightShape>> common = new ArrayList<>();
    IntStream.range(0, model.blockCount()).forEach(block -> common.add(new ArrayList<>()));
    of(
        settings,
        model,
        (block, shape) -> {
          common.get(block).add(shape);
          return settings.pattern();
        });
    return common;
  }

  private static long size(List<WeightShape> shapes) {
    return shapes.stream().mapToLong(WeightShape::size).sum();
  }

  private static PruningPlan of(
      PruningSettings settings, LanguageModel model, CommonPattern common) {
    List<LayerOverride> overrides = settings.overrides();
    List<Predicate<String>> matchers = overrides.stream().map(LayerOverride::matcher).toList();
    boolean[] used = new boolean[overrides.size()];
    List<Block> blocks = new ArrayList<>();
    for (int block = 0; block < model.blockCount(); block++) {
      Map<String, LayerPattern> patterns = new LinkedHashMap<>();
      for (WeightShape shape : prunable(model)) {
        String name = model.blockName(block).of(shape);
        int last = lastMatch(name, matchers, used);
        LayerPattern pattern = last < 0 ? common.of(block, shape) : overrides.get(last).pattern();
        if (pattern instanceof SemiStructured groups) {
          groups.requireWholeGroups(name, shape.columns());
        }
        patterns.put(shape.name(), pattern);
      }
      blocks.add(
          new Block(settings.method(), patterns, settings.refitIterations(), settings.masks()));
    }
    for (int i = 0; i < used.length; i++) {
      if (!used[i]) {
        throw unused(overrides.get(i), model);
      }
    }
    return new PruningPlan(blocks);
  }

  /** The last matcher that matches the name, or −1; marks all that do as used. */
  private static int lastMatch(String name, List<Predicate<String>> matchers, boolean[] used) {
    int last = -1;
    for (int i = 0; i < used.length; i++) {
      if (matchers.get(i).test(name)) {
        used[i] = true;
        last = i;
      }
    }
    return last;
  }

  private static List<WeightShape> prunable(LanguageModel model) {
    return model.blockWeights().stream().filter(WeightShape::isPrunable).toList();
  }

  private static UsageException unused(LayerOverride override, LanguageModel model) {
    int last = model.blockCount() - 1;
    return new UsageException(
        "--overrides %s=%s matches no tensor that is pruned; those are %s, and so on up to %s*"
            .formatted(
                override.tensors(),
                override.value(),
                prunable(model).stream()
                    .map(model.blockName(0)::of)
                    .collect(Collectors.joining(", ")),
                model.blockName(last)));
  }
}
