package io.coppice.job.chain.activations;

import io.coppice.job.cli.ActivationSettings.ActivationType;
import io.coppice.tensor.Tensor;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/**
 * Activations as Spark broadcasts, one per boundary, which an executor fetches only when one of its
 * tasks opens the boundary. For sizes that the driver and every executor can hold twice in heap.
 */
public final class BroadcastStore implements ActivationStore {
  private static final long serialVersionUID = 1L;

  private final ActivationType type;
  private final transient JavaSparkContext spark;

  public BroadcastStore(JavaSparkContext spark, ActivationType type) {
    this.spark = spark;
    this.type = type;
  }

  @Override
  public byte[] put(String chain, int boundary, int group, Tensor activations) {
    return ActivationCodec.encode(type, activations);
  }

  @Override
  public BoundaryActivations publish(
      String chain, int boundary, WindowGroups groups, List<byte[]> pieces) {
    return new Published(spark.broadcast(pieces.toArray(new byte[0][])), groups, type);
  }

  @Override
  public String description() {
    return "Spark broadcasts, " + type;
  }

  private record Published(Broadcast<byte[][]> pieces, WindowGroups groups, ActivationType type)
      implements BoundaryActivations {

    @Override
    public Reader open() {
      byte[][] values = pieces.value();
      return new Reader() {
        @Override
        public void read(int window, Tensor destination) {
          int group = groups.groupOf(window);
          long firstElement = (long) (window - groups.first(group)) * destination.size();
          ActivationCodec.decode(type, values[group], firstElement, destination);
        }

        @Override
        public void close() {
          // The broadcast outlives the task: other tasks of this executor read it too.
        }
      };
    }

    @Override
    public void release() {
      pieces.destroy();
    }
  }
}
