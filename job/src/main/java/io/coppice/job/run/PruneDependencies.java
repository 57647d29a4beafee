package io.coppice.job.run;

import io.coppice.checkpoint.OutputFolder;
import io.coppice.job.calibration.ParallelTextReader;
import io.coppice.job.cli.PruneSettings;
import io.coppice.job.cli.ResolvedConfiguration;
import io.coppice.job.cluster.ModelOnCluster;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All that the results of a pruning run depend on, the CPU excepted.
 *
 * @param options every option with its value
 * @param inputs version of the program, and stamps of the files that are read
 */
record PruneDependencies(ResolvedConfiguration options, ResolvedConfiguration inputs) {
  private static final Logger LOG = LoggerFactory.getLogger(PruneDependencies.class);

  /** Options and inputs that neither the checkpoint nor its evaluation depends on. */
  private static final Set<String> WITHOUT_ANY_EFFECT =
      union(PruneSettings.WITHOUT_EFFECT, Set.of("output", InputStamps.DOCUMENTS));

  /** Those that the checkpoint does not depend on: also what is measured of it in the end. */
  private static final Set<String> WITHOUT_EFFECT =
      union(
          WITHOUT_ANY_EFFECT,
          Set.of("text", "protocol", "join", "evaluation-length", "task", "limit"));

  /** Options that blocks do not depend on: the form in which the checkpoint is there besides. */
  private static final Set<String> WITHOUT_EFFECT_ON_BLOCKS =
      union(WITHOUT_EFFECT, Set.of("save", "save-mask"));

  /** Those of a run that begins now. */
  static PruneDependencies of(
      PruneSettings settings, RunEnvironment environment, ModelOnCluster dense) {
    return new PruneDependencies(
        environment.configuration(),
        InputStamps.of(dense)
            .with(
                "files of the text",
                ParallelTextReader.stamp(settings.calibration().texts(), environment.hadoop())
                    .toString()));
  }

  /** Everything that finished blocks depend on. */
  ResolvedConfiguration ofBlocks() {
    return options.without(WITHOUT_EFFECT_ON_BLOCKS).with(inputs);
  }

  /**
   * Whether a finished output was made with these; otherwise warns of what differs. Of one that
   * was, but of which this run would measure other things in the end, it warns too.
   */
  boolean areThoseOf(OutputFolder output, Configuration hadoop) {
    if (!output.isFinished()) {
      return false;
    }
    Optional<ResolvedConfiguration> made =
        PruneSummary.dependencies(OutputFolder.record(output.path()), hadoop);
    List<String> differences =
        made.map(other -> differences(other, WITHOUT_EFFECT))
            .orElse(List.of("it has no record that can be read"));
    if (!differences.isEmpty()) {
      LOG.warn(
          "{} is not what this command would make: {}",
          output.path(),
          String.join("; ", differences));
      return false;
    }
    List<String> measured = differences(made.orElseThrow(), WITHOUT_ANY_EFFECT);
    if (!measured.isEmpty()) {
      LOG.warn(
          "{} is finished and stays as it is, but this command measures other things in the end ({});"
              + " coppice evaluate measures a finished model",
          output.path(),
          String.join("; ", measured));
    }
    return true;
  }

  private List<String> differences(ResolvedConfiguration made, Set<String> without) {
    return options.with(inputs).without(without).differences(made.without(without));
  }

  private static Set<String> union(Set<String> some, Set<String> others) {
    return Stream.concat(some.stream(), others.stream()).collect(Collectors.toUnmodifiableSet());
  }
}
