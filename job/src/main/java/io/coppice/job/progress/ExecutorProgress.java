package io.coppice.job.progress;

import io.coppice.reconstruct.EpochErrors;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import scala.Tuple4;
import scala.collection.Iterator;
import scala.collection.Seq;

/**
 * The driver's end of the events that tasks report: passes each on to a {@link Progress} once,
 * while tasks still run, in the order in which each task reported them.
 */
public final class ExecutorProgress implements AutoCloseable {
  private final ProgressAccumulator accumulator = new ProgressAccumulator();
  private final Set<ProgressEvent> seen = new HashSet<>();
  private final SparkContext spark;
  private final Progress progress;
  private final SparkListener listener = new Listener();

  /** Starts listening; the accumulator may then be used in any number of jobs. */
  public ExecutorProgress(SparkContext spark, Progress progress) {
    this.spark = spark;
    this.progress = progress;
    // It has no name, so that Spark's pages do not list every event.
    spark.register(accumulator);
    spark.addSparkListener(listener);
  }

  /** The accumulator that tasks add their events to; to be captured by a task's closure. */
  public ProgressAccumulator accumulator() {
    return accumulator;
  }

  /** Passes on the events of finished tasks that have not been heard yet, and stops listening. */
  @Override
  public void close() {
    spark.removeSparkListener(listener);
    passOn(accumulator.value());
  }

  private synchronized void passOn(List<?> events) {
    for (Object event : events) {
      ProgressEvent known = (ProgressEvent) event;
      if (seen.add(identity(known))) {
        progress.report(known);
      }
    }
  }

  /** The event without the values that differ when a lost task is run again. */
  private static ProgressEvent identity(ProgressEvent event) {
    if (event instanceof ProgressEvent.TextsWritten texts) {
      return new ProgressEvent.TextsWritten(
          texts.group(), texts.groups(), new ProgressEvent.TextsWritten.Amount(0, 0, 0), 0);
    }
    if (event instanceof ProgressEvent.BlockFinished finished) {
      return new ProgressEvent.BlockFinished(finished.wave(), finished.block(), 0, 0);
    }
    return event instanceof ProgressEvent.BlockEpoch epoch
        ? new ProgressEvent.BlockEpoch(
            epoch.wave(), epoch.block(), new EpochErrors(epoch.epoch(), 0, 0), 0)
        : event;
  }

  private final class Listener extends SparkListener {
    @Override
    public void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate update) {
      Iterator<?> tasks = updates(update).iterator();
      while (tasks.hasNext()) {
        Iterator<?> infos = ((Seq<?>) ((Tuple4<?, ?, ?, ?>) tasks.next())._4()).iterator();
        while (infos.hasNext()) {
          AccumulableInfo info = (AccumulableInfo) infos.next();
          if (info.id() == accumulator.id() && info.update().isDefined()) {
            passOn((List<?>) info.update().get());
          }
        }
      }
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd end) {
      passOn(accumulator.value());
    }

    /** In Scala 2.13 the method's signature names another Seq, so it is looked up by name. */
    private static Seq<?> updates(SparkListenerExecutorMetricsUpdate update) {
      try {
        return (Seq<?>) update.getClass().getMethod("accumUpdates").invoke(update);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("This Spark has no accumUpdates", e);
      }
    }
  }
}
