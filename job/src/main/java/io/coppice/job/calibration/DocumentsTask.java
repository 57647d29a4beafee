package io.coppice.job.calibration;

import io.coppice.job.cluster.HadoopSettings;
import io.coppice.job.text.BadTextException;
import io.coppice.job.text.DocumentReader;
import io.coppice.job.text.ReadTotals;
import io.coppice.job.text.TextPart;
import io.coppice.job.text.TextShape;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.FlatMapFunction;

/**
 * Sends the documents of a task's parts to the driver, as {@link DocumentMessage}s.
 *
 * @param most documents of a task that are sent; all are read
 */
record DocumentsTask(TextShape shape, int most, HadoopSettings hadoop)
    implements FlatMapFunction<Iterator<byte[]>, byte[]> {

  @Override
  public Iterator<byte[]> call(Iterator<byte[]> groups) {
    DocumentReader reader = new DocumentReader(shape, hadoop.configuration());
    List<byte[]> messages = new ArrayList<>();
    ReadTotals totals = ReadTotals.NONE;
    try {
      while (groups.hasNext()) {
        for (TextPart part : TextPart.read(groups.next())) {
          totals = totals.plus(reader.read(part, text -> send(text, messages)));
        }
      }
      messages.add(new DocumentMessage.End(totals).toBytes());
    } catch (BadTextException e) {
      messages.add(new DocumentMessage.Failed(e.problem()).toBytes());
    }
    return messages.iterator();
  }

  private void send(String text, List<byte[]> messages) {
    if (messages.size() < most) {
      messages.add(new DocumentMessage.Document(text).toBytes());
    }
  }
}
