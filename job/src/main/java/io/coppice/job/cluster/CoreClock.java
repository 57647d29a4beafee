package io.coppice.job.cluster;

import com.sun.management.OperatingSystemMXBean;
import io.coppice.job.progress.ProgressEvent;
import java.lang.management.ManagementFactory;

/** Measures how many cores the process of a task keeps busy, where it runs. */
public final class CoreClock {
  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private long wall = System.nanoTime();
  private long processor = SYSTEM.getProcessCpuTime();

  /** Cores busy since the clock was made or last asked, those of other tasks here included. */
  public ProgressEvent.CoresBusy busy() {
    long wallNow = System.nanoTime();
    long processorNow = SYSTEM.getProcessCpuTime();
    double cores = (processorNow - processor) / (double) Math.max(1, wallNow - wall);
    wall = wallNow;
    processor = processorNow;
    return new ProgressEvent.CoresBusy(TaskClock.here(), cores);
  }
}
