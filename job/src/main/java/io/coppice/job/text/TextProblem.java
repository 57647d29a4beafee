package io.coppice.job.text;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import org.apache.hadoop.conf.Configuration;

/**
 * Something wrong in a file, found by a task. It travels as a task's result, since as an exception
 * it would make Spark try the same task again and again.
 *
 * @param part in which it was found
 * @param inRecord whether one record is wrong rather than the file
 * @param position of the record, as {@link RecordConsumer} has it, or of the last one before
 * @param reason names the problem
 */
public record TextProblem(TextPart part, boolean inRecord, long position, String reason) {
  private static final int LONGEST_REASON = 1000;

  private static final Comparator<TextProblem> BY_PLACE =
      Comparator.comparing((TextProblem problem) -> problem.part.file())
          .thenComparingLong(problem -> problem.part.begin())
          .thenComparingLong(TextProblem::position);

  /** The one that comes first in the order of files and places. */
  public TextProblem orEarlier(TextProblem other) {
    return BY_PLACE.compare(this, other) <= 0 ? this : other;
  }

  /** Words for the user: the file, the line or row if there are any, and the problem. */
  public InvalidDataException toException(Configuration hadoop) {
    return new InvalidDataException(
        "Bad text in %s%s: %s.".formatted(part.file(), place(hadoop), reason));
  }

  private String place(Configuration hadoop) {
    if (!inRecord) {
      return "";
    }
    return switch (part.format()) {
      case JSON_LINES -> LineNumbers.at(part, position, hadoop).map(n -> ", line " + n).orElse("");
      case PARQUET -> ", row " + (position + 1);
      case PLAIN -> "";
    };
  }

  public void write(DataOutputStream output) throws IOException {
    byte[] bytes = TextPart.toBytes(List.of(part));
    output.writeInt(bytes.length);
    output.write(bytes);
    output.writeBoolean(inRecord);
    output.writeLong(position);
    output.writeUTF(Words.line(reason, LONGEST_REASON));
  }

  /** Reads a problem that {@link #write} wrote. */
  public static TextProblem read(DataInputStream input) throws IOException {
    return new TextProblem(
        TextPart.read(input.readNBytes(input.readInt())).get(0),
        input.readBoolean(),
        input.readLong(),
        input.readUTF());
  }
}
