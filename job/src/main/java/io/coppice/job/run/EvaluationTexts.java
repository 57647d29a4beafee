package io.coppice.job.run;

import io.coppice.failure.UsageException;
import io.coppice.job.calibration.ParallelTextReader;
import io.coppice.job.cli.EvaluateSettings;
import io.coppice.job.cluster.EncoderSource;
import io.coppice.job.text.TextCount;
import io.coppice.storage.Storage;
import io.coppice.text.EvaluationStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The texts that perplexity is measured on, by file name without ending, in the order given. */
final class EvaluationTexts {
  private static final Logger LOG = LoggerFactory.getLogger(EvaluationTexts.class);

  private final EvaluateSettings settings;
  private final int sequenceLength;
  private final Map<String, String> paths = new LinkedHashMap<>();
  private boolean saidSeamless;

  /**
   * @param sequenceLength T, tokens of a window
   * @throws UsageException if two texts have the same name
   */
  EvaluationTexts(EvaluateSettings settings, int sequenceLength) {
    this.settings = settings;
    this.sequenceLength = sequenceLength;
    for (String text : settings.texts()) {
      String name = Storage.path(text).getName().replaceFirst("(?i)(\\.[a-z]+)(\\.(gz|bz2))?$", "");
      if (paths.put(name, text) != null) {
        throw new UsageException(
            "Two texts are called %s, so their results could not be told apart; rename one"
                .formatted(name));
      }
    }
  }

  /**
   * A text in windows.
   *
   * @param windows n × T token ids
   * @param tokens of the whole text, those of the dropped tail included
   * @param read the counts of its files and documents
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Text(int[][] windows, long tokens, TextCount read) {}

  List<String> names() {
    return List.copyOf(paths.keySet());
  }

  Text read(String name, SparkSession session, EncoderSource.OpenEncoder encoder) {
    String path = paths.get(name);
    ParallelTextReader.Documents documents =
        new ParallelTextReader(session, settings.textField()).documents(path);
    EvaluationStream stream =
        EvaluationStream.of(documents.texts(), settings.join(), encoder, path);
    if (stream.isSeamless() && !saidSeamless) {
      saidSeamless = true;
      LOG.warn(
          "--join bos joins documents without anything in between: the tokenizer of {} puts no"
              + " begin token in front of a text; blank-line or space would",
          settings.model());
    }
    return new Text(stream.windows(sequenceLength), stream.length(), documents.read());
  }
}
