package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import io.coppice.prune.SparsityPattern;
import io.coppice.prune.Unstructured;
import java.io.Serializable;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The distribution of a sparsity over the blocks of a model. */
public sealed interface Allocation extends Serializable {
  /** The same sparsity in every layer. */
  record Uniform() implements Allocation {}

  /**
   * Less sparsity in blocks with more outliers (OWL, arXiv 2310.05175).
   *
   * @param lambda largest distance of a block's sparsity from the mean
   * @param outlierMultiple multiple of its layer's mean score above which a weight is an outlier
   */
  record Owl(double lambda, double outlierMultiple) implements Allocation {}

  /** The options that say how sparsity is spread over the blocks. */
  @Topic.Of(Topic.WEIGHTS)
  final class Options {
    private static final double DEFAULT_LAMBDA = 0.08;
    private static final double DEFAULT_MULTIPLE = 5;

    /** The words of --allocation, explained at {@link Allocation}. */
    enum AllocationName {
      UNIFORM,
      OWL;

      @Override
      public String toString() {
        return name().toLowerCase(Locale.ROOT);
      }
    }

    @Option(
        names = "--allocation",
        paramLabel = "ALLOCATION",
        defaultValue = "uniform",
        description =
            "How sparsity is spread over the blocks: uniform, or owl (arXiv 2310.05175: blocks with"
                + " more outliers among their scores are pruned less, the whole is as sparse as"
                + " asked for), which goes with unstructured patterns only (default:"
                + " ${DEFAULT-VALUE}).")
    private AllocationName allocation;

    @Option(
        names = "--owl-lambda",
        paramLabel = "FRACTION",
        description =
            "How far a block's sparsity may lie from --sparsity at most, with --allocation owl; more"
                + " than 0 (default: 0.08).")
    private Optional<Double> lambda;

    @Option(
        names = "--owl-outlier-multiple",
        paramLabel = "X",
        description =
            "With --allocation owl, weights are outliers that score above so many times their"
                + " layer's mean (default: 5).")
    private Optional<Double> outlierMultiple;

    /**
     * The allocation that was chosen.
     *
     * @param patternOption the option that names the patterns
     * @param patterns the patterns whose sparsity is to be spread, at least one
     * @throws UsageException if a number is out of its range, or goes with another allocation
     */
    Allocation settings(String patternOption, List<SparsityPattern> patterns) {
      if (allocation == AllocationName.UNIFORM) {
        refuse("--owl-lambda", lambda);
        refuse("--owl-outlier-multiple", outlierMultiple);
        return new Allocation.Uniform();
      }
      for (SparsityPattern pattern : patterns) {
        if (!(pattern instanceof Unstructured)) {
          throw new UsageException(
              "--allocation owl spreads an unstructured sparsity, but %s is %s; leave one out"
                  .formatted(patternOption, pattern));
        }
      }
      double sparsity = patterns.get(0).sparsity();
      double distance = Check.positive("--owl-lambda", 1, lambda());
      if (distance > sparsity || sparsity + distance >= 1) {
        throw new UsageException(
            ("--owl-lambda %s around --sparsity %s leaves the range from 0 to 1; give a smaller"
                    + " --owl-lambda")
                .formatted(distance, sparsity));
      }
      return new Allocation.Owl(
          distance, Check.positive("--owl-outlier-multiple", 1e6, outlierMultiple()));
    }

    /** The numbers of the allocation that was chosen, defaults included. */
    Map<String, Object> derived() {
      return allocation == AllocationName.OWL
          ? Map.of("owl-lambda", lambda(), "owl-outlier-multiple", outlierMultiple())
          : Map.of();
    }

    private double lambda() {
      return lambda.orElse(DEFAULT_LAMBDA);
    }

    private double outlierMultiple() {
      return outlierMultiple.orElse(DEFAULT_MULTIPLE);
    }

    private static void refuse(String option, Optional<?> value) {
      Check.absent(option, value, "--allocation owl", "the allocation is uniform");
    }
  }
}
