package io.coppice.job.progress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether someone watches. */
public final class Terminal {
  private Terminal() {}

  /** Whether the process's standard error is a terminal that can move its cursor. */
  public static boolean isStandardError() {
    // Java tells of standard output alone, which is the one that holds results.
    if ("dumb".equals(System.getenv("TERM"))) {
      return false;
    }
    try {
      Path target = Files.readSymbolicLink(Path.of("/proc/self/fd/2"));
      return target.startsWith("/dev/pts") || target.toString().startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }
}
