package io.coppice.job.cluster;

import org.apache.spark.SparkEnv;
import org.slf4j.MDC;

/** Context that every log line of a run can show: {@code run} and, in a task, {@code block}. */
public final class LogContext implements AutoCloseable {
  private static final String RUN = "run";
  private static final String BLOCK = "block";

  private LogContext() {}

  /** The context of a thread that works for this process's Spark application. */
  public static LogContext ofRun() {
    MDC.put(RUN, SparkEnv.get().conf().getAppId());
    return new LogContext();
  }

  /** The context of a thread that works on a block, too. */
  public static LogContext ofBlock(int block) {
    MDC.put(BLOCK, String.valueOf(block));
    return ofRun();
  }

  @Override
  public void close() {
    MDC.remove(RUN);
    MDC.remove(BLOCK);
  }
}
