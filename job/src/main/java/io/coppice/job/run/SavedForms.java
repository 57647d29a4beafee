package io.coppice.job.run;

import io.coppice.checkpoint.BitmaskArchive;
import io.coppice.checkpoint.MaskFiles;
import io.coppice.checkpoint.OutputFolder;
import io.coppice.job.block.PruningPlan;
import io.coppice.job.cli.OutputSettings;
import io.coppice.job.cluster.HadoopSettings;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.progress.Stages;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * The files that {@code prune} writes besides the dense checkpoint, or makes of it, before it is
 * put in its place: masks, and an archive. Lives on the driver.
 *
 * @param sparse the dense checkpoint with its zeros in the staging folder, opened before there is a
 *     record in it
 * @param plan by which it was pruned
 * @param stages of the run
 */
record SavedForms(ModelOnCluster sparse, PruningPlan plan, Stages stages) {

  /** Writes what the settings ask for, a task for each file. */
  void write(OutputSettings settings, JavaSparkContext spark) {
    if (settings.savesMask()) {
      stages.perform("masks", () -> writeMasks(spark));
    }
    if (settings.savesBitmask()) {
      stages.perform("archive", () -> pack(spark));
    }
  }

  private void writeMasks(JavaSparkContext spark) {
    HadoopSettings hadoop = sparse.hadoop();
    MaskFiles masks =
        MaskFiles.plan(
            sparse.checkpoint(),
            plan.names(sparse.model()),
            OutputFolder.record(sparse.checkpoint().folder()),
            hadoop.configuration());
    List<String> shards = new ArrayList<>(masks.shards());
    spark
        .parallelize(shards, Math.max(1, shards.size()))
        .foreach(shard -> masks.using(hadoop.configuration()).write(shard));
    masks.writeIndex();
  }

  private void pack(JavaSparkContext spark) {
    HadoopSettings hadoop = sparse.hadoop();
    BitmaskArchive archive =
        BitmaskArchive.plan(
            sparse.checkpoint(),
            plan.names(sparse.model()),
            plan.structure(),
            hadoop.configuration());
    List<String> shards = new ArrayList<>(archive.shards());
    spark
        .parallelize(shards, shards.size())
        .foreach(shard -> archive.using(hadoop.configuration()).write(shard));
    archive.replace();
  }
}
