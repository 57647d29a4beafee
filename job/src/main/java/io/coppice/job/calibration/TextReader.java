package io.coppice.job.calibration;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import io.coppice.job.work.FileStamp;
import io.coppice.text.CalibrationWindows;
import io.coppice.text.WindowRequest;
import io.coppice.text.WindowSample;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Reads text that people have: JSON lines with the text in a field, plain text (a file is a
 * document), Parquet with the text in a column; files, folders and globs on any Hadoop file system;
 * all but Parquet also compressed. Text is UTF-8.
 *
 * @param spark runs the reading
 * @param textField the field of a JSON object, or the Parquet column, that is the text
 */
public record TextReader(SparkSession spark, String textField) {
  private static final Comparator<Row> BY_PLACE =
      Comparator.comparing(TextRows::file)
          .thenComparingLong(TextRows::block)
          .thenComparingLong(TextRows::order);

  /**
   * What changes when the text is replaced by another one; looks at no content.
   *
   * @param locations files, folders or globs
   * @throws UsageException if a location does not exist or holds no text file
   */
  public static FileStamp stamp(List<String> locations, Configuration hadoop) {
    return TextFiles.find(locations, hadoop).stamp(hadoop);
  }

  /**
   * Draws calibration windows. Tasks parse and tokenize; only windows that may be chosen leave
   * them. The result depends on the documents, the request and the tokenizer alone: not on the
   * names of files, their order, the partitions or the executors.
   *
   * @param locations files, folders or globs
   * @throws UsageException if a location does not exist or holds no text file
   * @throws InvalidDataException if a file is broken or the text does not suffice
   */
  public CalibrationWindows windows(
      List<String> locations, WindowRequest request, EncoderSource encoderSource) {
    TextFiles files = TextFiles.find(locations, hadoop());
    String source = String.join(", ", locations);
    SamplingResult all = new SamplingResult.Sampled(new WindowSample(request));
    for (TextFormat format : TextFormat.values()) {
      List<String> paths = files.of(format);
      if (!paths.isEmpty()) {
        all = SamplingResult.merge(all, sample(format, paths, request, encoderSource));
      }
    }
    if (all instanceof SamplingResult.Failed failed) {
      throw failed.problem().toException(hadoop());
    }
    return ((SamplingResult.Sampled) all).sample().windows(source);
  }

  private SamplingResult sample(
      TextFormat format, List<String> paths, WindowRequest request, EncoderSource encoderSource) {
    JavaRDD<byte[]> parts =
        TextRows.read(spark, format, paths, textField)
            .mapPartitions(
                new SamplingTask(format, textField, request, encoderSource), Encoders.BINARY())
            .javaRDD();
    if (parts.getNumPartitions() == 0) {
      return new SamplingResult.Sampled(new WindowSample(request));
    }
    return SamplingResult.read(
        request,
        parts.treeReduce(
            (one, other) ->
                SamplingResult.merge(
                        SamplingResult.read(request, one), SamplingResult.read(request, other))
                    .toBytes()));
  }

  /**
   * All documents of a location, in the order of the files' paths and of the records in them, on
   * the driver: for evaluation, which measures one stream of text.
   *
   * @throws UsageException if the location does not exist or holds no text file
   * @throws InvalidDataException if a file is broken
   */
  public List<String> documents(String location) {
    TextFiles files = TextFiles.find(List.of(location), hadoop());
    List<Document> documents = new ArrayList<>();
    for (TextFormat format : TextFormat.values()) {
      List<String> paths = files.of(format);
      if (!paths.isEmpty()) {
        documents.addAll(documents(format, paths));
      }
    }
    // A stable sort: the order within a file stays.
    documents.sort(Comparator.comparing(Document::file));
    return documents.stream().map(Document::text).toList();
  }

  private record Document(String file, String text) {}

  private List<Document> documents(TextFormat format, List<String> paths) {
    Dataset<Row> dataset = TextRows.read(spark, format, paths, textField);
    List<Row> rows = new ArrayList<>(collect(dataset));
    rows.sort(BY_PLACE);
    DocumentParser parser = new DocumentParser(format, textField);
    List<Document> documents = new ArrayList<>();
    for (Row row : rows) {
      try {
        parser
            .parse(TextRows.value(row))
            .ifPresent(text -> documents.add(new Document(TextRows.file(row), text)));
      } catch (InvalidDataException e) {
        throw TextRows.problem(format, row, TextRows.order(row), e.getMessage())
            .toException(hadoop());
      }
    }
    return documents;
  }

  private static List<Row> collect(Dataset<Row> dataset) {
    try {
      return dataset.collectAsList();
    } catch (Exception e) { // SparkException is checked, and undeclared where Scala throws it
      Optional<String> broken = BrokenFiles.reason(e);
      if (broken.isPresent()) {
        String files = String.join(", ", dataset.inputFiles());
        throw new InvalidDataException("Bad text in " + files + ": " + broken.get() + ".", e);
      }
      throw e;
    }
  }

  private Configuration hadoop() {
    return spark.sparkContext().hadoopConfiguration();
  }
}
