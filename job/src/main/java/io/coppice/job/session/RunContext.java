package io.coppice.job.session;

import io.coppice.job.cli.ResolvedConfiguration;
import io.coppice.job.cluster.LogContext;
import io.coppice.job.progress.Progress;
import io.coppice.job.progress.RunMetrics;
import java.io.PrintStream;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.sql.SparkSession;

/** The surroundings of a running sub-command; closing them ends the Spark session. */
public final class RunContext implements AutoCloseable {
  private final String command;
  private final ResolvedConfiguration configuration;
  private final RunMetrics metrics;
  private final JobDescriptions progress;
  private final PrintStream out;
  private Optional<LogContext> logContext = Optional.empty();
  private Optional<TaskFailures> taskFailures = Optional.empty();

  public RunContext(
      String command, ResolvedConfiguration configuration, Progress progress, PrintStream out) {
    this.command = command;
    this.configuration = configuration;
    metrics = new RunMetrics(progress);
    this.progress = new JobDescriptions(metrics);
    this.out = out;
  }

  /** Every option with its value, for the run record. */
  public ResolvedConfiguration configuration() {
    return configuration;
  }

  /** Receives the run's events. */
  public Progress progress() {
    return progress;
  }

  /** Standard output, for results alone. */
  public PrintStream out() {
    return out;
  }

  /** Hadoop's configuration as Spark would make it, without starting Spark. */
  public Configuration hadoop() {
    return SparkHadoopUtil.get().newConfiguration(new SparkConf());
  }

  /** The Spark session; started at the first call, so that early checks do not wait for it. */
  public SparkSession spark() {
    SparkSession session = SparkSessions.start("Coppice " + command);
    if (taskFailures.filter(watched -> watched.isOf(session.sparkContext())).isEmpty()) {
      taskFailures = Optional.of(TaskFailures.watch(session.sparkContext()));
      metrics.register();
    }
    progress.describe(session.sparkContext());
    logContext = Optional.of(LogContext.ofRun());
    return session;
  }

  /** Lets Spark say nothing more, and the status of the run be drawn no more. */
  public void silence() {
    taskFailures.ifPresent(TaskFailures::silence);
    // A terminal's status would be drawn over what is said next.
    progress.close();
  }

  /** The failure that ended the run: this one, or that of a task which caused it. */
  public Exception cause(Exception failure) {
    return taskFailures.map(watched -> watched.cause(failure)).orElse(failure);
  }

  @Override
  public void close() {
    SparkSessions.stop();
    progress.close();
    logContext.ifPresent(LogContext::close);
  }
}
