package io.coppice.job.progress;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps the events that are reported. */
public final class SilentProgress implements Progress {
  private final List<ProgressEvent> events = new CopyOnWriteArrayList<>();

  @Override
  public void report(ProgressEvent event) {
    events.add(event);
  }

  @Override
  public void close() {}

  public List<ProgressEvent> events() {
    return List.copyOf(events);
  }
}
