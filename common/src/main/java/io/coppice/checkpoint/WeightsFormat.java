package io.coppice.checkpoint;

/** The formats of weights that are read, the preferred one first, as in transformers. */
enum WeightsFormat {
  SAFETENSORS("model.safetensors", ".safetensors"),
  TORCH("pytorch_model.bin", ".bin");

  private final String single;
  private final String ending;

  WeightsFormat(String single, String ending) {
    this.single = single;
    this.ending = ending;
  }

  /** The file of a checkpoint that is not sharded. */
  String single() {
    return single;
  }

  /** The file that says which shard holds which tensor. */
  String index() {
    return single + ".index.json";
  }

  /** The ending of the shards' names. */
  String ending() {
    return ending;
  }
}
