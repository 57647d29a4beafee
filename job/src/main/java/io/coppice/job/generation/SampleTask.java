package io.coppice.job.generation;

import io.coppice.generate.Openings;
import io.coppice.generate.TextWriter;
import io.coppice.generate.WrittenText;
import io.coppice.job.cluster.HadoopSettings;
import io.coppice.job.progress.ProgressEvent;
import io.coppice.seed.Seeds;
import java.io.Serializable;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.broadcast.Broadcast;

/**
 * Lets the model write one group of texts into a file of the work folder; on an executor.
 *
 * @param prefixes the tokens that each text begins with; none for random openings
 * @param folder the work folder
 */
public record SampleTask(
    ModelWriting writing,
    SampleGroups groups,
    Broadcast<int[][]> prefixes,
    String folder,
    HadoopSettings hadoop)
    implements Serializable {

  /** Writes a group; a text depends on the run's seed and its own index. */
  public ProgressEvent.TextsWritten run(int group) {
    long begun = System.nanoTime();
    int first = groups.first(group);
    int size = groups.size(group);
    long[] seeds =
        IntStream.range(0, TextWriter.GROUP)
            .mapToLong(i -> Seeds.mix(groups.seed(), first + i))
            .toArray();
    int[] limits =
        IntStream.range(0, TextWriter.GROUP)
            .map(i -> i < size ? writing.settings().maxLength() : 0)
            .toArray();
    List<WrittenText> written =
        writing.run(
            (writer, random, tokenizer) -> {
              List<WrittenText> texts = writer.write(openings(random, first), seeds, limits);
              groups.write(
                  group,
                  texts,
                  texts.stream().map(text -> tokenizer.decode(text.tokens())).toList(),
                  new Path(folder, SampleGroups.fileName(group)),
                  hadoop.configuration());
              return texts;
            });
    return new ProgressEvent.TextsWritten(
        group,
        groups.count(),
        new ProgressEvent.TextsWritten.Amount(
            size,
            written.stream().mapToLong(text -> text.tokens().length).sum(),
            written.stream().mapToInt(WrittenText::rejected).sum()),
        (System.nanoTime() - begun) / 1e9);
  }

  /** The openings of a group; slots beyond the last text repeat its opening and stay idle. */
  private Openings openings(Openings.ByChance random, int first) {
    int[][] given = prefixes.value();
    return given.length == 0
        ? random
        : new Openings.Given(
            IntStream.range(0, TextWriter.GROUP)
                .mapToObj(i -> given[Math.min(first + i, given.length - 1)])
                .toList());
  }
}
