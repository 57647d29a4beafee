package io.coppice.job.progress;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
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
    if (wholeLines(Arrays.copyOfRange(bytes, offset, offset + length)) > 0) {
      redraw();
    }
  }

  /** Erases the status, writes all lines that are complete, and draws the status again. */
  private void redraw() throws IOException {
    ByteArrayOutputStream drawing = new ByteArrayOutputStream();
    if (drawn > 0) {
      drawing.writeBytes(utf8("\033[" + drawn + "A\r" + ERASE_TO_END));
    }
    // As bytes, because the last of them may be the first half of a character.
    byte[] come = unwritten.toByteArray();
    int whole = wholeLines(come);
    drawing.write(come, 0, whole);
    unwritten.reset();
    unwritten.write(come, whole, come.length - whole);
    if (!status.isEmpty()) {
      StringBuilder lines = new StringBuilder(WRAP_OFF);
      status.forEach(line -> lines.append(line).append('\n'));
      drawing.writeBytes(utf8(lines.append(WRAP_ON)));
    }
    drawn = status.size();
    drawing.writeTo(terminal);
    terminal.flush();
  }

  /** The number of bytes up to the end of the last line. */
  private static int wholeLines(byte[] bytes) {
    int end = bytes.length;
    while (end > 0 && bytes[end - 1] != '\n') {
      end--;
    }
    return end;
  }

  private static byte[] utf8(CharSequence text) {
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }
}
