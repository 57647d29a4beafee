package io.coppice.job.generation;

import io.coppice.job.cluster.Cluster;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.progress.ExecutorProgress;
import io.coppice.job.progress.Progress;
import io.coppice.job.progress.ProgressAccumulator;
import io.coppice.job.progress.ProgressEvent;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/**
 * Lets the dense model write texts into files of the work folder, a task for each group of them;
 * lives on the driver.
 *
 * @param groups the texts that are wanted
 */
public record SampleGeneration(
    Cluster cluster, ModelOnCluster dense, WritingSettings settings, SampleGroups groups) {

  /**
   * Writes all groups but those that are finished.
   *
   * @param folder for the groups' files
   * @param finished names of the files that are there
   * @param prefixes the tokens that each text begins with; none for random openings
   */
  public void write(Path folder, Set<String> finished, int[][] prefixes, Progress progress) {
    List<Integer> pending =
        IntStream.range(0, groups.count())
            .filter(group -> !finished.contains(SampleGroups.fileName(group)))
            .boxed()
            .toList();
    if (pending.size() < groups.count()) {
      progress.report(
          new ProgressEvent.TakenOver(
              groups.count() - pending.size(), groups.count(), "groups of texts", 0));
    }
    if (pending.isEmpty()) {
      return;
    }
    JavaSparkContext spark = cluster.spark();
    Broadcast<int[][]> beginnings = spark.broadcast(prefixes);
    try (BroadcastModel model = new BroadcastModel(cluster, dense);
        ExecutorProgress events = new ExecutorProgress(spark.sc(), progress)) {
      ModelWriting writing = new ModelWriting(model.broadcast(), dense, settings, cluster.engine());
      SampleTask task =
          new SampleTask(writing, groups, beginnings, folder.toString(), dense.hadoop());
      ProgressAccumulator sink = events.accumulator();
      spark.parallelize(pending, pending.size()).foreach(group -> sink.add(task.run(group)));
    } finally {
      beginnings.destroy();
    }
  }
}
