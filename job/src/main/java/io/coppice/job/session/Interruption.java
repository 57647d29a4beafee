package io.coppice.job.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.coppice.failure.Words;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Says how a run goes on when its process is told to end before it is done, by Ctrl-C above all.
 * Spark ends its tasks by itself then.
 */
public final class Interruption implements AutoCloseable {
  private final Thread hook;

  private Interruption(Thread hook) {
    this.hook = hook;
  }

  /**
   * Watches until closed.
   *
   * @param quiet silences what Spark would say of tasks that are cut off
   * @param err receives the sentence
   */
  public static Interruption watch(Runnable quiet, PrintStream err, String sentence) {
    Thread hook =
        new Thread(
            () -> {
              quiet.run();
              // Scala's pool of threads prints there what it can no longer run.
              System.setErr(new PrintStream(OutputStream.nullOutputStream(), false, UTF_8));
              err.println();
              err.println(sentence);
              err.flush();
            },
            "coppice-interruption");
    Runtime.getRuntime().addShutdownHook(hook);
    return new Interruption(hook);
  }

  /** The sentence on a run that another start goes on with, or does not. */
  public static String sentence(boolean resumes, String... arguments) {
    return resumes
        ? "coppice: interrupted; what is finished is kept, and the same command goes on with it: coppice "
            + Stream.of(arguments).map(Words::shell).collect(Collectors.joining(" "))
        : "coppice: interrupted; nothing is kept";
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending, and the hook says what there is to say: not what else went wrong
      // because of that. The end does not wait for this thread.
      LockSupport.park();
    }
  }
}
