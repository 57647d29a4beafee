package io.coppice.job.run;

import io.coppice.checkpoint.OutputFolder;
import io.coppice.job.cli.MeasuredSettings;
import io.coppice.job.cli.PruneSettings;
import io.coppice.job.cluster.Cluster;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.evaluation.Evaluation;
import io.coppice.job.evaluation.EvaluationData;
import io.coppice.job.evaluation.EvaluationReport;
import io.coppice.job.evaluation.EvaluationTexts;
import io.coppice.job.record.RunRecord;
import io.coppice.storage.JsonFile;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The measurement that {@code prune} makes in the end: the sparse model against the dense one, as
 * {@code evaluate} would. Lives on the driver.
 *
 * @param texts checked before Spark starts
 */
record FinalEvaluation(PruneSettings settings, EvaluationTexts texts) {
  private static final Logger LOG = LoggerFactory.getLogger(FinalEvaluation.class);

  /**
   * Checks what can be checked without reading files.
   *
   * @throws io.coppice.failure.UsageException if windows are longer than the model allows, or two
   *     texts have the same name
   */
  static FinalEvaluation of(PruneSettings settings, ModelOnCluster dense) {
    MeasuredSettings measured = settings.measured();
    int length =
        measured
            .texts()
            .sequenceLength()
            .resolve(dense.model().maxPositions(), "--evaluation-length");
    return new FinalEvaluation(settings, new EvaluationTexts(measured.texts(), length));
  }

  /** Reads the files, so that what is wrong with them is said before hours of training. */
  Read read(Cluster cluster, ModelOnCluster dense) {
    return new Read(
        this,
        settings.measured().isEmpty()
            ? Optional.empty()
            : Optional.of(EvaluationData.read(cluster, dense, texts, settings.measured())));
  }

  /** The texts and tasks, if there are any. */
  record Read(FinalEvaluation evaluation, Optional<EvaluationData> data) {
    /**
     * Measures both models, and writes the result into the record.
     *
     * @param sparse the sparse model
     */
    void measure(ModelOnCluster sparse, RunEnvironment environment) {
      data.ifPresent(read -> evaluation.measure(read, sparse, environment));
    }
  }

  private void measure(EvaluationData data, ModelOnCluster sparse, RunEnvironment environment) {
    ModelOnCluster dense = data.source();
    Evaluation ofDense =
        environment
            .stages()
            .run(
                "evaluation of the dense model",
                () -> data.measureQuietly(settings.model(), dense));
    Evaluation ofSparse =
        environment
            .stages()
            .run(
                "evaluation of the sparse model",
                () -> data.measureQuietly(settings.output().path(), sparse));
    EvaluationReport report =
        new EvaluationReport(ofSparse, Optional.of(ofDense), settings.measured().tasks());
    report.table().forEach(LOG::info);
    JsonFile.write(
        new Path(OutputFolder.record(sparse.checkpoint().folder()), RunRecord.EVALUATION),
        report.json(),
        environment.hadoop());
  }
}
