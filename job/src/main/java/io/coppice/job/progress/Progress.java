package io.coppice.job.progress;

/** A listener that a run tells what it is doing. Safe for use by several threads. */
public interface Progress extends AutoCloseable {
  /** Takes note of an event. */
  void report(ProgressEvent event);

  @Override
  void close();
}
