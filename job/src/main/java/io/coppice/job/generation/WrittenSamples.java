package io.coppice.job.generation;

import io.coppice.storage.AtomicFile;
import java.nio.charset.StandardCharsets;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The texts of all groups, written and waiting in the work folder to be put together in one file.
 *
 * @param folder of the groups' files
 */
public record WrittenSamples(SampleGroups groups, Path folder, Configuration hadoop) {

  /**
   * The texts that are kept, and figures of them all.
   *
   * @param kept by index, whether a text is
   * @param rejected openings that were discarded
   * @param meanPerplexity of the texts that are kept, by the model itself
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Choice(boolean[] kept, long rejected, double meanPerplexity) {}

  /** Chooses the texts of the lowest perplexities, of equals the first. */
  public Choice choose(int count) {
    double[] perplexities = new double[groups.texts()];
    long rejected = 0;
    for (int group = 0; group < groups.count(); group++) {
      for (SampleGroups.Line line : groups.read(file(group), hadoop)) {
        perplexities[line.index()] = line.perplexity();
        rejected += line.rejected();
      }
    }
    boolean[] kept = new boolean[perplexities.length];
    IntStream.range(0, perplexities.length)
        .boxed()
        .sorted((a, b) -> Double.compare(perplexities[a], perplexities[b]))
        .limit(count)
        .forEach(i -> kept[i] = true);
    double mean =
        IntStream.range(0, kept.length)
            .filter(i -> kept[i])
            .mapToDouble(i -> perplexities[i])
            .average()
            .orElse(Double.NaN);
    return new Choice(kept, rejected, mean);
  }

  /**
   * Copies the texts that are kept, a line for each, in the order of their index.
   *
   * @return the number of their tokens
   */
  public long copy(boolean[] kept, AtomicFile output) {
    long tokens = 0;
    for (int group = 0; group < groups.count(); group++) {
      for (SampleGroups.Line line : groups.read(file(group), hadoop)) {
        if (kept[line.index()]) {
          byte[] bytes = (line.json() + "\n").getBytes(StandardCharsets.UTF_8);
          output.write(bytes, 0, bytes.length);
          tokens += line.tokens();
        }
      }
    }
    return tokens;
  }

  private Path file(int group) {
    return new Path(folder, SampleGroups.fileName(group));
  }
}
