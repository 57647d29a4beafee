package io.coppice.job.calibration;

import io.coppice.failure.InvalidDataException;
import io.coppice.text.WindowRequest;
import io.coppice.text.WindowSample;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.rdd.InputFileBlockHolder;
import org.apache.spark.sql.Row;

/** Draws one partition's part of the sample; rows are as {@link TextRows} makes them. */
record SamplingTask(
    TextFormat format, String field, WindowRequest request, EncoderSource encoderSource)
    implements MapPartitionsFunction<Row, byte[]> {

  @Override
  public Iterator<byte[]> call(Iterator<Row> rows) {
    try (EncoderSource.OpenEncoder encoder = encoderSource.open()) {
      return List.of(sample(rows, encoder).toBytes()).iterator();
    }
  }

  private SamplingResult sample(Iterator<Row> rows, EncoderSource.OpenEncoder encoder) {
    DocumentParser parser = new DocumentParser(format, field);
    WindowSample sample = new WindowSample(request);
    long record = 0;
    while (true) {
      Optional<Row> next;
      try {
        next = rows.hasNext() ? Optional.of(rows.next()) : Optional.empty();
      } catch (Exception e) { // Spark's iterators throw checked ones undeclared
        return new SamplingResult.Failed(broken(e, record));
      }
      if (next.isEmpty()) {
        return new SamplingResult.Sampled(sample);
      }
      Row row = next.get();
      try {
        parser.parse(TextRows.value(row)).ifPresent(text -> sample.add(text, encoder));
      } catch (InvalidDataException e) {
        return new SamplingResult.Failed(TextRows.problem(format, row, record, e.getMessage()));
      }
      record++;
    }
  }

  /** The problem if the file is broken; the exception again if trying once more may help. */
  private static TextProblem broken(Exception failure, long record) {
    String reason =
        BrokenFiles.reason(failure)
            .orElseThrow(() -> SamplingTask.<RuntimeException>undeclared(failure));
    return new TextProblem(
        InputFileBlockHolder.getInputFilePath().toString(),
        InputFileBlockHolder.getStartOffset(),
        record,
        new byte[0],
        reason);
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <E extends Exception> E undeclared(Exception failure) throws E {
    throw (E) failure;
  }
}
