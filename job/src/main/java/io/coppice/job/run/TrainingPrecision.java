package io.coppice.job.run;

import io.coppice.job.cli.EngineSettings;
import io.coppice.job.cluster.Cluster;
import io.coppice.job.work.WorkFolder;
import io.coppice.storage.JsonFile;
import io.coppice.tensor.Precision;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides once per run which format products read in training, and keeps the decision in the work
 * folder: a run that goes on elsewhere goes on with the same.
 */
final class TrainingPrecision {
  private static final Logger LOG = LoggerFactory.getLogger(TrainingPrecision.class);
  private static final String FILE = "precision.json";

  private TrainingPrecision() {}

  /**
   * The cluster with the format that the settings ask for.
   *
   * @param work keeps what {@code auto} came to
   */
  static Cluster decide(
      Cluster cluster, EngineSettings settings, WorkFolder work, Configuration hadoop) {
    return switch (settings.precision()) {
      case FLOAT32 -> cluster.with(Precision.FLOAT32);
      case BF16 -> cluster.with(Precision.BF16);
      case AUTO -> cluster.with(automatic(cluster, new Path(work.path(), FILE), hadoop));
    };
  }

  /** The file's content. */
  private record Decision(Precision precision) {}

  private static Precision automatic(Cluster cluster, Path file, Configuration hadoop) {
    Optional<Precision> before =
        JsonFile.read(file, Decision.class, hadoop).map(Decision::precision);
    if (before.isPresent()) {
      LOG.info("Products in training: {}, as this run began", before.orElseThrow());
      return before.orElseThrow();
    }
    Precision decided = cluster.hasBf16Units() ? Precision.BF16 : Precision.FLOAT32;
    LOG.info(
        "Products in training: {}",
        decided == Precision.BF16
            ? "bfloat16, for which every executor's processor has units"
            : "float32, for not every executor's processor has units for bfloat16");
    JsonFile.write(file, new Decision(decided), hadoop);
    return decided;
  }
}
