package io.coppice.job.calibration;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import io.coppice.job.cluster.EncoderSource;
import io.coppice.job.cluster.HadoopSettings;
import io.coppice.job.text.ReadTotals;
import io.coppice.job.text.TextCount;
import io.coppice.job.text.TextFiles;
import io.coppice.job.text.TextParts;
import io.coppice.job.text.TextShape;
import io.coppice.job.work.FileStamp;
import io.coppice.text.CalibrationWindows;
import io.coppice.text.WindowRequest;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads text in Spark tasks: JSON lines with the text in a field, plain text (a file is a
 * document), Parquet with the text in a column; files, folders and globs on any Hadoop file system;
 * all but Parquet also compressed. Text is UTF-8. The driver lists the files, and checks afterwards
 * that all of them were read.
 *
 * @param spark runs the tasks
 * @param textField the field of a JSON object, or the Parquet column, that is the text
 */
public record ParallelTextReader(SparkSession spark, String textField) {
  private static final Logger LOG = LoggerFactory.getLogger(ParallelTextReader.class);

  /**
   * Windows drawn from text.
   *
   * @param read the counts of all text that they were drawn from
   */
  public record Drawn(CalibrationWindows windows, TextCount read) {}

  /**
   * Documents in their order.
   *
   * @param read their number, and that of the files
   */
  public record Documents(List<String> texts, TextCount read) {
    public Documents {
      texts = List.copyOf(texts);
    }
  }

  /**
   * The stamp of the text's files, which changes when they are replaced; reads no content.
   *
   * @param locations files, folders or globs
   * @throws UsageException if a location does not exist or holds no text file
   */
  public static FileStamp stamp(List<String> locations, Configuration hadoop) {
    return TextFiles.find(locations, hadoop).stamp();
  }

  /**
   * Draws calibration windows. Tasks parse and tokenize; only windows that may be chosen leave the
   * executors. The result depends on the documents, the request and the tokenizer alone: not on the
   * names of files, their order, the partitions or the executors.
   *
   * @param locations files, folders or globs
   * @throws UsageException if a location does not exist or holds no text file
   * @throws InvalidDataException if a file is broken or the text does not suffice
   */
  public Drawn windows(List<String> locations, WindowRequest request, EncoderSource encoderSource) {
    TextFiles files = find(locations);
    SamplingTask task =
        new SamplingTask(textField, new HadoopSettings(hadoop()), request, encoderSource);
    SamplingResult all =
        SamplingResult.read(
            request,
            tasks(files)
                .mapPartitions(task)
                .treeReduce(
                    (one, other) ->
                        SamplingResult.merge(
                                SamplingResult.read(request, one),
                                SamplingResult.read(request, other))
                            .toBytes()));
    if (all instanceof SamplingResult.Failed failed) {
      throw failed.problem().toException(hadoop());
    }
    SamplingResult.Sampled sampled = (SamplingResult.Sampled) all;
    String source = String.join(", ", locations);
    TextCount read = count(files, sampled.totals(), source);
    return new Drawn(sampled.sample().windows(source), read);
  }

  /**
   * All documents of a location, in the order of the files' paths and of the records in them, on
   * the driver: for evaluation, which measures one stream of text.
   *
   * @throws UsageException if the location does not exist or holds no text file
   * @throws InvalidDataException if a file is broken
   */
  public Documents documents(String location) {
    return documents(location, TextShape.field(textField), Integer.MAX_VALUE);
  }

  /**
   * As {@link #documents(String)}, of files in a shape.
   *
   * @param most documents that are wanted, from the first on; the counts are of all
   */
  public Documents documents(String location, TextShape shape, int most) {
    TextFiles files = find(List.of(location));
    DocumentsTask task = new DocumentsTask(shape, most, new HadoopSettings(hadoop()));
    List<String> texts = new ArrayList<>();
    ReadTotals totals = ReadTotals.NONE;
    // In the order of the tasks, which is that of files and records.
    for (byte[] bytes : tasks(files).mapPartitions(task).collect()) {
      DocumentMessage message = DocumentMessage.read(bytes);
      if (message instanceof DocumentMessage.Failed failed) {
        throw failed.problem().toException(hadoop());
      } else if (message instanceof DocumentMessage.End end) {
        totals = totals.plus(end.totals());
      } else if (texts.size() < most) {
        texts.add(((DocumentMessage.Document) message).text());
      }
    }
    return new Documents(texts, count(files, totals, location));
  }

  private TextFiles find(List<String> locations) {
    TextFiles files = TextFiles.find(locations, hadoop());
    files.report();
    return files;
  }

  /** A partition for each task. */
  private JavaRDD<byte[]> tasks(TextFiles files) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    List<byte[]> tasks = TextParts.tasks(files, context.defaultParallelism(), hadoop());
    return context.parallelize(tasks, tasks.size());
  }

  private static TextCount count(TextFiles files, ReadTotals totals, String source) {
    TextCount read = totals.requireAll(files);
    LOG.info("Read {} from {}", read, source);
    return read;
  }

  private Configuration hadoop() {
    return spark.sparkContext().hadoopConfiguration();
  }
}
