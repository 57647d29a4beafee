package io.coppice.job.progress;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A terminal whose last few lines are drawn again and again, below all that is written through this
 * stream.
 */
final class StatusStream extends OutputStream {
  private static final String ERASE_TO_END = "\033[J";
  // After a line that wraps, the cursor would go up too few lines.
  private static final String WRAP_OFF = "\033[?7l";
  private static final String WRAP_ON = "\033[?7h";

  private final OutputStream terminal;
  private final ByteArrayOutputStream unwritten = new ByteArrayOutputStream();
  private List<String> status = List.of();
  private int drawn;

  StatusStream(OutputStream terminal) {
    this.terminal = terminal;
  }

  /** Replaces the lines at the end. */
  synchronized void show(List<String> lines) throws IOException {
    status = List.copyOf(lines);
    redraw();
  }

  @Override
  public synchronized void write(int value) throws IOException {
    unwritten.write(value);
    if (value == '\n') {
      redraw();
    }
  }

  @Override
  public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
    unwritten.write(bytes, offset, length);
    if (new String(bytes, offset, length, StandardCharsets.UTF_8).contains("\n")) {
      redraw();
    }
  }

  /** Erases the status, writes all lines that are complete, and draws the status again. */
  private void redraw() throws IOException {
    StringBuilder text = new StringBuilder();
    if (drawn > 0) {
      text.append("\033[").append(drawn).append("A\r").append(ERASE_TO_END);
    }
    String come = unwritten.toString(StandardCharsets.UTF_8);
    int whole = come.lastIndexOf('\n') + 1;
    text.append(come, 0, whole);
    unwritten.reset();
    unwritten.writeBytes(come.substring(whole).getBytes(StandardCharsets.UTF_8));
    if (!status.isEmpty()) {
      text.append(WRAP_OFF);
      status.forEach(line -> text.append(line).append('\n'));
      text.append(WRAP_ON);
    }
    drawn = status.size();
    terminal.write(text.toString().getBytes(StandardCharsets.UTF_8));
    terminal.flush();
  }
}
