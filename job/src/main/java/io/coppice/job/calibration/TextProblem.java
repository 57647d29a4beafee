package io.coppice.job.calibration;

import io.coppice.failure.InvalidDataException;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.URI;
import java.util.Comparator;
import java.util.OptionalLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Something wrong in a file, found by a task. It travels as a task's result, since as an exception
 * it would make Spark try the same task again and again.
 *
 * @param file the file, as a URI
 * @param block where the part of the file begins that the task was reading
 * @param record the number of the record among those of the task
 * @param digest SHA-256 of the record, to find its line by; empty when lines do not matter
 * @param reason what is wrong
 */
@SuppressWarnings("ArrayRecordComponent") // compared by place alone
record TextProblem(String file, long block, long record, byte[] digest, String reason) {
  private static final int LONGEST_REASON = 1000;

  static final Comparator<TextProblem> BY_PLACE =
      Comparator.comparing(TextProblem::file)
          .thenComparingLong(TextProblem::block)
          .thenComparingLong(TextProblem::record);

  /** For the user: the file, the line where there are lines, and what is wrong there. */
  InvalidDataException toException(Configuration hadoop) {
    Path path = new Path(URI.create(file));
    OptionalLong line =
        digest.length == 0 ? OptionalLong.empty() : LineNumbers.find(path, digest, hadoop);
    String place = line.isPresent() ? path + ", line " + line.getAsLong() : path.toString();
    return new InvalidDataException("Bad text in " + place + ": " + reason + ".");
  }

  void write(DataOutputStream output) throws IOException {
    output.writeUTF(file);
    output.writeLong(block);
    output.writeLong(record);
    output.writeInt(digest.length);
    output.write(digest);
    output.writeUTF(reason.substring(0, Math.min(LONGEST_REASON, reason.length())));
  }

  static TextProblem read(DataInputStream input) throws IOException {
    return new TextProblem(
        input.readUTF(),
        input.readLong(),
        input.readLong(),
        input.readNBytes(input.readInt()),
        input.readUTF());
  }
}
