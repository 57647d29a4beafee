package io.coppice.job.cluster;

import org.apache.spark.SparkEnv;
import org.slf4j.MDC;

/** What every log line of a run can say: {@code run} and, in a task, {@code block}. */
public final class LogContext implements AutoCloseable {
  private static final String RUN = "run";
  private static final String BLOCK = "block";

  private LogContext() {}

  /** From here on this thread works for the Spark application that runs in this process. */
  public static LogContext ofRun() {
    MDC.put(RUN, SparkEnv.get().conf().getAppId());
    return new LogContext();
  }

  /** The same, for a block. */
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
