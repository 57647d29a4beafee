package io.coppice.job.generation;

import io.coppice.job.cluster.Cluster;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.cluster.SharedModel;
import org.apache.spark.broadcast.Broadcast;

/**
 * The dense model as tasks that write text share it, for as long as they run. Lives on the driver.
 */
final class BroadcastModel implements AutoCloseable {
  private final SharedModel model;
  private final Broadcast<SharedModel> broadcast;

  BroadcastModel(Cluster cluster, ModelOnCluster dense) {
    model = new SharedModel(dense);
    broadcast = cluster.spark().broadcast(model);
  }

  Broadcast<SharedModel> broadcast() {
    return broadcast;
  }

  /** Frees the memory of this process, and gives up the broadcast. */
  @Override
  public void close() {
    model.freeIfIdle();
    broadcast.destroy();
  }
}
