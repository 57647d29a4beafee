package io.coppice.job.run;

import io.coppice.checkpoint.OutputFolder;
import io.coppice.checkpoint.Replaceable;
import io.coppice.job.cli.EngineSettings;
import io.coppice.job.cli.Level;
import io.coppice.job.cli.OutputSettings;
import io.coppice.job.cli.ResolvedConfiguration;
import io.coppice.job.cluster.Cluster;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.progress.Progress;
import io.coppice.job.progress.Stages;
import io.coppice.job.session.RunContext;
import io.coppice.job.work.WorkFolder;
import io.coppice.storage.Storage;
import java.util.List;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;

/**
 * Everything that a sub-command's run is given besides its settings, and the steps that all runs
 * begin with. Lives on the driver.
 *
 * @param configuration every option with its value, for records and for the work folder's identity
 * @param hadoop reaches the file systems
 * @param progress receives the run's events
 * @param spark starts Spark; called only after everything that can be checked without it
 */
public record RunEnvironment(
    ResolvedConfiguration configuration,
    Configuration hadoop,
    Progress progress,
    Supplier<SparkSession> spark) {

  /** The environment of a command that was given on the command line. */
  static RunEnvironment of(RunContext context) {
    return new RunEnvironment(
        context.configuration(), context.hadoop(), context.progress(), context::spark);
  }

  /** The same for a run with other options. */
  RunEnvironment with(ResolvedConfiguration other) {
    return new RunEnvironment(other, hadoop, progress, spark);
  }

  /** The same for a run that something else follows. */
  RunEnvironment with(Progress other) {
    return new RunEnvironment(configuration, hadoop, other, spark);
  }

  /** Reports the stages of the run. */
  Stages stages() {
    return new Stages(progress);
  }

  /** Opens a model's folder, as {@link ModelOnCluster#open} does. */
  ModelOnCluster model(String folder) {
    return ModelOnCluster.open(folder, hadoop);
  }

  /**
   * The folder that the result goes to; does not look at it yet.
   *
   * @param replaceable kind of folder that may be replaced, if the settings allow it
   */
  OutputFolder output(OutputSettings settings, Replaceable replaceable) {
    return new OutputFolder(
        Storage.path(settings.path()), replaceable.ifAsked(settings.overwrite()), hadoop);
  }

  /**
   * Opens the work folder, as {@link WorkFolder#open} does.
   *
   * @param identity everything that finished files depend on
   */
  WorkFolder work(OutputSettings settings, ResolvedConfiguration identity) {
    return WorkFolder.open(settings, identity, hadoop, progress);
  }

  /**
   * Starts Spark, and opens the engine in this process.
   *
   * @throws io.coppice.failure.UsageException if Spark does not know the master
   * @throws io.coppice.failure.NativeLibraryException if native BLAS is required and does not load
   */
  Cluster start(EngineSettings engine) {
    return Cluster.of(spark.get(), engine);
  }

  /**
   * As {@link #start(EngineSettings)} for a run that may train.
   *
   * @param levels the run's; where none trains, nobody asks in which format products read
   * @param work keeps that format, where it is decided by what executors have
   */
  Cluster start(EngineSettings engine, List<Level> levels, WorkFolder work) {
    Cluster cluster = start(engine);
    return levels.stream().anyMatch(Level::trains)
        ? TrainingPrecision.decide(cluster, engine, work, hadoop)
        : cluster;
  }
}
