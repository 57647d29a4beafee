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

  /** Options that a finished output does not depend on, apart from what was measured of it. */
  private static final Set<String> WITHOUT_EFFECT =
      union(
          PruneSettings.WITHOUT_EFFECT,
          Set.of(
              "output",
              "text",
              "protocol",
              "join",
              "evaluation-length",
              "task",
              "limit",
              InputStamps.DOCUMENTS));

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

  /** Whether a finished output was made with these; otherwise warns of what differs. */
  boolean areThoseOf(OutputFolder output, Configuration hadoop) {
    if (!output.isFinished()) {
      return false;
    }
    Optional<ResolvedConfiguration> made =
        PruneSummary.dependencies(OutputFolder.record(output.path()), hadoop);
    List<String> differences =
        made.map(other -> ofOutput(options.with(inputs)).differences(ofOutput(other)))
            .orElse(List.of("it has no record that can be read"));
    if (!differences.isEmpty()) {
      LOG.warn(
          "{} is not what this command would make: {}",
          output.path(),
          String.join("; ", differences));
    }
    return differences.isEmpty();
  }

  private static ResolvedConfiguration ofOutput(ResolvedConfiguration all) {
    return all.without(WITHOUT_EFFECT);
  }

  private static Set<String> union(Set<String> some, Set<String> others) {
    return Stream.concat(some.stream(), others.stream()).collect(Collectors.toUnmodifiableSet());
  }
}
