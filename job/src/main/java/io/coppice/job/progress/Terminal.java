package io.coppice.job.progress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Finds out whether there is a terminal to draw on. */
public final class Terminal {
  private Terminal() {}

  /** Whether the process's standard error is a terminal that can move its cursor. */
  public static boolean isStandardError() {
    // Java can only tell whether standard output is a terminal, but progress goes elsewhere.
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
