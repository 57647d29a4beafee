package io.coppice.checkpoint;

import java.io.Serializable;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** The description of a file of weights, without the weights. Sent to executors. */
sealed interface ShardHeader extends Serializable permits SafetensorsHeader, TorchHeader {

  /**
   * The tensors in the order of their data, in the safetensors file that holds or will hold them.
   */
  List<TensorEntry> entries();

  /** The free strings under {@code __metadata__} in that file. */
  Map<String, String> metadata();

  /**
   * Opens the file, without reading its header again.
   *
   * @param folder of the model
   * @param shard the name of the safetensors file that holds or will hold the tensors
   * @throws io.coppice.failure.InvalidDataException if the file has changed
   */
  WeightsFile open(Path folder, String shard, Configuration hadoop);
}
