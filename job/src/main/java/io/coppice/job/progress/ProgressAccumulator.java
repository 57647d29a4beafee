package io.coppice.job.progress;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.spark.util.AccumulatorV2;

/**
 * Carries events from a running task to the driver: Spark sends all that it holds with every
 * heartbeat and at the task's end. So the same event may arrive several times; {@link
 * ExecutorProgress} passes it on once.
 */
public final class ProgressAccumulator extends AccumulatorV2<ProgressEvent, List<ProgressEvent>> {
  private static final long serialVersionUID = 1L;

  /** A heartbeat reads while the task adds. A task has tens of events, so copying is cheap. */
  private final CopyOnWriteArrayList<ProgressEvent> events = new CopyOnWriteArrayList<>();

  @Override
  public boolean isZero() {
    return events.isEmpty();
  }

  @Override
  public ProgressAccumulator copy() {
    ProgressAccumulator copy = new ProgressAccumulator();
    copy.events.addAll(events);
    return copy;
  }

  @Override
  public void reset() {
    events.clear();
  }

  @Override
  public void add(ProgressEvent event) {
    events.add(event);
  }

  @Override
  public void merge(AccumulatorV2<ProgressEvent, List<ProgressEvent>> other) {
    events.addAll(other.value());
  }

  @Override
  public List<ProgressEvent> value() {
    return List.copyOf(events);
  }
}
