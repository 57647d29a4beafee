package io.coppice.job.calibration;

import io.coppice.job.text.ReadTotals;
import io.coppice.job.text.TextProblem;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * A message of a task that reads documents; sent as bytes, which need no registration with Kryo.
 */
sealed interface DocumentMessage {
  /** A document. */
  record Document(String text) implements DocumentMessage {}

  /** All parts of the task are read. */
  record End(ReadTotals totals) implements DocumentMessage {}

  /** The first problem, after which nothing comes. */
  record Failed(TextProblem problem) implements DocumentMessage {}

  /** For {@link #read}. */
  default byte[] toBytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream output = new DataOutputStream(bytes)) {
      if (this instanceof Document document) {
        output.writeByte('d');
        output.write(document.text().getBytes(StandardCharsets.UTF_8));
      } else if (this instanceof End end) {
        output.writeByte('e');
        end.totals().write(output);
      } else {
        output.writeByte('f');
        ((Failed) this).problem().write(output);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  static DocumentMessage read(byte[] bytes) {
    try (DataInputStream input = new DataInputStream(new ByteArrayInputStream(bytes))) {
      return switch (input.readByte()) {
        case 'd' -> new Document(new String(bytes, 1, bytes.length - 1, StandardCharsets.UTF_8));
        case 'e' -> new End(ReadTotals.read(input));
        case 'f' -> new Failed(TextProblem.read(input));
        default -> throw new IllegalStateException("A task's message is broken");
      };
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
