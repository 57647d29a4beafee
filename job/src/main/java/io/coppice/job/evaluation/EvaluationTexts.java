package io.coppice.job.evaluation;

import io.coppice.evaluate.Protocol;
import io.coppice.failure.UsageException;
import io.coppice.job.calibration.ParallelTextReader;
import io.coppice.job.cli.MeasuredTexts;
import io.coppice.job.cluster.EncoderSource;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.text.TextCount;
import io.coppice.job.text.TextShape;
import io.coppice.storage.Storage;
import io.coppice.text.EvaluationStream;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The texts that perplexity is measured on, by file name without ending, in the order given. */
public final class EvaluationTexts {
  private static final Logger LOG = LoggerFactory.getLogger(EvaluationTexts.class);

  private final MeasuredTexts settings;
  private final int sequenceLength;
  private final Map<String, Place> places = new LinkedHashMap<>();

  private record Place(String path, Protocol protocol) {}

  /**
   * @param sequenceLength T, tokens of a window
   * @throws UsageException if two texts have the same name
   */
  public EvaluationTexts(MeasuredTexts settings, int sequenceLength) {
    this.settings = settings;
    this.sequenceLength = sequenceLength;
    for (int i = 0; i < settings.protocols().size(); i++) {
      String text = settings.files().paths().get(i);
      String name = Storage.path(text).getName().replaceFirst("(?i)(\\.[a-z]+)(\\.(gz|bz2))?$", "");
      if (places.put(name, new Place(text, settings.protocols().get(i))) != null) {
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
   * @param tokens of the whole stream, those that are in no window included
   * @param read the counts of its files, and of the documents that the protocol takes
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Text(Protocol protocol, int[][] windows, long tokens, TextCount read) {
    /** Tokens of a window, T. */
    public int sequenceLength() {
      return windows[0].length;
    }

    /** Tokens at the end of the stream that are in no window. */
    public long droppedTokens() {
      return tokens - (long) windows.length * sequenceLength();
    }
  }

  /**
   * Reads the texts.
   *
   * @throws io.coppice.failure.InvalidDataException if a file is broken
   */
  Documents read(SparkSession session) {
    Map<String, ParallelTextReader.Documents> documents = new LinkedHashMap<>();
    places.forEach((name, place) -> documents.put(name, read(place, session)));
    return new Documents(this, documents);
  }

  private ParallelTextReader.Documents read(Place place, SparkSession session) {
    Protocol protocol = place.protocol();
    String field = settings.files().field();
    ParallelTextReader.Documents documents =
        new ParallelTextReader(session, field)
            .documents(
                place.path(),
                new TextShape(protocol.fields(field), protocol::documents),
                protocol.mostDocuments());
    warnOfTooFew(place, documents.texts().size());
    return documents;
  }

  /** The documents of all texts, before any tokenizer. */
  record Documents(EvaluationTexts texts, Map<String, ParallelTextReader.Documents> read) {

    /**
     * Tokenizes the texts as a model does.
     *
     * @return by name, in the order given
     * @throws io.coppice.failure.InvalidDataException if one is empty or shorter than a window
     */
    Map<String, Text> encode(ModelOnCluster model) {
      return texts.encode(read, model);
    }
  }

  private Map<String, Text> encode(
      Map<String, ParallelTextReader.Documents> read, ModelOnCluster model) {
    Map<String, Text> texts = new LinkedHashMap<>();
    boolean seamless = false;
    if (read.isEmpty()) {
      return texts;
    }
    try (EncoderSource.OpenEncoder encoder = model.encoder().open()) {
      for (Map.Entry<String, ParallelTextReader.Documents> documents : read.entrySet()) {
        Place place = places.get(documents.getKey());
        EvaluationStream stream =
            EvaluationStream.of(
                documents.getValue().texts(),
                place.protocol().join(settings.join()),
                encoder,
                place.path());
        seamless |= stream.isSeamless();
        texts.put(documents.getKey(), text(place.protocol(), stream, documents.getValue()));
      }
    }
    if (seamless) {
      LOG.warn(
          "--join bos joins documents without anything in between: the tokenizer of {} puts no"
              + " begin token in front of a text; blank-line or space would",
          model.checkpoint().folder());
    }
    return texts;
  }

  private Text text(
      Protocol protocol, EvaluationStream stream, ParallelTextReader.Documents documents) {
    int[][] windows = stream.windows(sequenceLength);
    return new Text(
        protocol,
        Arrays.copyOf(windows, Math.min(windows.length, protocol.mostWindows())),
        stream.length(),
        new TextCount(documents.read().files(), documents.texts().size()));
  }

  private static void warnOfTooFew(Place place, int documents) {
    int wanted = place.protocol().mostDocuments();
    if (wanted < Integer.MAX_VALUE && documents < wanted) {
      LOG.warn(
          "Protocol {} takes the first {} documents, but {} has {}: its perplexity is not comparable"
              + " to published ones",
          place.protocol(),
          wanted,
          place.path(),
          documents);
    }
  }
}
