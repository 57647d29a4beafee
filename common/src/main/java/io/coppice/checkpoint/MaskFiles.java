package io.coppice.checkpoint;

import io.coppice.storage.Storage;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The masks of a sparse checkpoint, for training on with the zeros kept: a tensor of BOOL for each
 * pruned weight, under its name and in its shape, 1 where the weight is not zero. One file for each
 * file of the checkpoint that holds pruned weights, and an index if there are several.
 *
 * <p>Each is written by {@link #write} in a task of its own, which may be repeated. Like {@link
 * Checkpoint}, this can be sent to executors, where it needs {@link #using}.
 */
public final class MaskFiles implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final String SINGLE = "mask.safetensors";
  private static final String INDEX = SINGLE + ".index.json";

  private final Checkpoint checkpoint;
  private final Map<String, String> files;
  private final Set<String> pruned;
  private final Path folder;
  private final transient Configuration hadoop;

  private MaskFiles(
      Checkpoint checkpoint,
      Map<String, String> files,
      Set<String> pruned,
      Path folder,
      Configuration hadoop) {
    this.checkpoint = checkpoint;
    this.files = files;
    this.pruned = pruned;
    this.folder = folder;
    this.hadoop = hadoop;
  }

  /**
   * Plans the files.
   *
   * @param checkpoint that is sparse
   * @param pruned names of the weights, each a tensor of it
   * @param folder for the files
   */
  public static MaskFiles plan(
      Checkpoint checkpoint, Collection<String> pruned, Path folder, Configuration hadoop) {
    Set<String> names = Set.copyOf(pruned);
    List<String> shards =
        checkpoint.shards().entrySet().stream()
            .filter(shard -> shard.getValue().stream().anyMatch(e -> names.contains(e.name())))
            .map(Map.Entry::getKey)
            .toList();
    Map<String, String> files = new LinkedHashMap<>();
    for (int i = 0; i < shards.size(); i++) {
      files.put(
          shards.get(i),
          shards.size() == 1
              ? SINGLE
              : String.format(Locale.ROOT, "mask-%05d-of-%05d.safetensors", i + 1, shards.size()));
    }
    return new MaskFiles(checkpoint, files, names, folder, hadoop);
  }

  /** The same with another Hadoop configuration; needed after deserialisation. */
  public MaskFiles using(Configuration configuration) {
    return new MaskFiles(checkpoint.using(configuration), files, pruned, folder, configuration);
  }

  /** The files of the checkpoint that {@link #write} must be called for. */
  public List<String> shards() {
    return List.copyOf(files.keySet());
  }

  /**
   * Writes the masks of one file's weights, through one bounded buffer.
   *
   * @throws java.io.UncheckedIOException if the file system fails; nothing is visible then
   */
  public void write(String shard) {
    try (WeightsFile weights = checkpoint.openShard(shard);
        SafetensorsWriter writer =
            SafetensorsWriter.create(
                Storage.child(folder, files.get(shard)), hadoop, specs(shard))) {
      for (TensorEntry mask : List.copyOf(writer.entries())) {
        ElementRuns.of(
            weights,
            weights.entry(mask.name()),
            (run, first) -> {
              byte[] kept = new byte[run.count()];
              for (int i = 0; i < kept.length; i++) {
                kept[i] = (byte) (run.isZero(i) ? 0 : 1);
              }
              writer.writeBytes(mask.name(), kept, kept.length);
            });
      }
      writer.commit();
    }
  }

  /** Writes the index, if there are several files. */
  public void writeIndex() {
    if (files.size() > 1) {
      Map<String, List<TensorEntry>> masks = new LinkedHashMap<>();
      files.forEach(
          (shard, file) ->
              masks.put(
                  file,
                  HeaderWriter.sorted(file, specs(shard), SafetensorsWriter.METADATA).entries()));
      ShardIndex.write(new Path(folder, INDEX), masks, hadoop);
    }
  }

  private List<TensorSpec> specs(String shard) {
    List<TensorSpec> specs = new ArrayList<>();
    for (TensorEntry entry : checkpoint.shards().get(shard)) {
      if (pruned.contains(entry.name())) {
        specs.add(entry.as(DataType.BOOL));
      }
    }
    return specs;
  }
}
