package io.coppice.job.calibration;

import io.coppice.job.cluster.EncoderSource;
import io.coppice.job.cluster.HadoopSettings;
import io.coppice.job.text.BadTextException;
import io.coppice.job.text.DocumentReader;
import io.coppice.job.text.ReadTotals;
import io.coppice.job.text.TextPart;
import io.coppice.job.text.TextShape;
import io.coppice.text.WindowRequest;
import io.coppice.text.WindowSample;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.FlatMapFunction;

/** Draws one task's part of the sample, from parts in the form of {@link TextPart#read}. */
record SamplingTask(
    String field, HadoopSettings hadoop, WindowRequest request, EncoderSource encoderSource)
    implements FlatMapFunction<Iterator<byte[]>, byte[]> {

  @Override
  public Iterator<byte[]> call(Iterator<byte[]> groups) {
    try (EncoderSource.OpenEncoder encoder = encoderSource.open()) {
      return List.of(sample(groups, encoder).toBytes()).iterator();
    }
  }

  private SamplingResult sample(Iterator<byte[]> groups, EncoderSource.OpenEncoder encoder) {
    DocumentReader reader = new DocumentReader(TextShape.field(field), hadoop.configuration());
    WindowSample sample = new WindowSample(request);
    ReadTotals totals = ReadTotals.NONE;
    try {
      while (groups.hasNext()) {
        for (TextPart part : TextPart.read(groups.next())) {
          totals = totals.plus(reader.read(part, text -> sample.add(text, encoder)));
        }
      }
      return new SamplingResult.Sampled(sample, totals);
    } catch (BadTextException e) {
      return new SamplingResult.Failed(e.problem());
    }
  }
}
