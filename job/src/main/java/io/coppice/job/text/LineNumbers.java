package io.coppice.job.text;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.util.LineReader;

/**
 * Finds the number of a line, which a task that began somewhere in a file cannot know. Used only to
 * report what is wrong with it.
 */
final class LineNumbers {
  private LineNumbers() {}

  /**
   * The number, counted from 1, of the line that begins at a byte of a file; empty if it cannot be
   * found any more, for the message that the number belongs to is worth more than the number.
   */
  static Optional<Long> at(TextPart part, long position, Configuration hadoop) {
    TextPart whole =
        new TextPart(
            part.file(),
            part.fileLength(),
            part.format(),
            part.compression(),
            0,
            part.fileLength());
    try (InputStream text = TextStream.open(whole, hadoop);
        LineReader lines = new LineReader(text, 1 << 16)) {
      Text line = new Text();
      long number = 1;
      for (long at = 0; at < position; number++) {
        int bytes = lines.readLine(line);
        if (bytes == 0) {
          return Optional.empty();
        }
        at += bytes;
      }
      return Optional.of(number);
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
  }
}
