package io.coppice.job.calibration;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.OptionalLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.io.compress.CompressionCodec;
import org.apache.hadoop.io.compress.CompressionCodecFactory;
import org.apache.hadoop.util.LineReader;

/**
 * Finds the number of a line, which a task that began somewhere in a file cannot know. Used only to
 * report what is wrong with it.
 */
final class LineNumbers {
  private LineNumbers() {}

  /** SHA-256 of a line without its end. */
  static byte[] digest(byte[] line, int length) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(line, 0, length);
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }

  /** The number, counted from 1, of the first line with that digest. */
  static OptionalLong find(Path file, byte[] wanted, Configuration hadoop) {
    try (LineReader reader = new LineReader(open(file, hadoop), hadoop)) {
      Text line = new Text();
      for (long number = 1; reader.readLine(line) > 0; number++) {
        if (Arrays.equals(digest(line.getBytes(), line.getLength()), wanted)) {
          return OptionalLong.of(number);
        }
      }
      return OptionalLong.empty();
    } catch (IOException e) {
      // The message that this number belongs to is worth more than the number.
      return OptionalLong.empty();
    }
  }

  private static InputStream open(Path file, Configuration hadoop) throws IOException {
    InputStream raw = file.getFileSystem(hadoop).open(file);
    CompressionCodec codec = new CompressionCodecFactory(hadoop).getCodec(file);
    return codec == null ? raw : codec.createInputStream(raw);
  }
}
