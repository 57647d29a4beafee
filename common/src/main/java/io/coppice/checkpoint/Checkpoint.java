package io.coppice.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import io.coppice.failure.Words;
import io.coppice.storage.Storage;
import io.coppice.tensor.Tensor;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * A model's weights and configuration in a Hugging Face folder: {@code config.json} and {@code
 * model.safetensors}, or {@code model.safetensors.index.json} with its shards; or, where there is
 * neither, {@code pytorch_model.bin} or its index. A PyTorch checkpoint is presented as the
 * safetensors files that hold the same tensors, because those are written in its place.
 *
 * <p>Opening reads all headers and checks them against each other, but no weights. An open
 * checkpoint holds no files open and may be shared between threads and sent to executors, which
 * then need not read headers again; the Hadoop configuration is not sent with it, so the receiver
 * calls {@link #using}.
 */
public final class Checkpoint implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Endings of files that may hold weights, but that are not read under such names. */
  private static final List<String> OTHER_FORMATS = List.of(".bin", ".pt", ".pth", ".ckpt", ".pkl");

  private final Path folder;
  private final JsonNode config;
  private final boolean sharded;
  private final Map<String, ShardHeader> shards;
  private final Map<String, TensorEntry> entries = new LinkedHashMap<>();
  private final transient Configuration hadoop;

  private Checkpoint(
      Path folder,
      JsonNode config,
      boolean sharded,
      Map<String, ShardHeader> shards,
      Configuration hadoop) {
    this.folder = folder;
    this.config = config;
    this.sharded = sharded;
    this.shards = shards;
    this.hadoop = hadoop;
    shards
        .values()
        .forEach(shard -> shard.entries().forEach(entry -> entries.put(entry.name(), entry)));
  }

  /**
   * Opens a model folder.
   *
   * @throws UsageException if there is no such folder
   * @throws InvalidDataException if it is not a model, has its weights only in another format, or
   *     any of its files is broken or does not belong with the others
   */
  public static Checkpoint open(Path folder, Configuration hadoop) {
    ModelFolder files = ModelFolder.open(folder, hadoop);
    JsonNode config = files.config();
    WeightsFormat format = format(files);
    // transformers prefers the single file too.
    boolean sharded = !files.contains(format.single());
    Map<String, ShardHeader> shards =
        sharded
            ? shards(files, format, hadoop)
            : Map.of(
                WeightsFormat.SAFETENSORS.single(),
                header(files, format.single(), WeightsFormat.SAFETENSORS.single(), hadoop));
    return new Checkpoint(files.path(), config, sharded, shards, hadoop);
  }

  /** The same checkpoint with another Hadoop configuration; needed after deserialisation. */
  public Checkpoint using(Configuration configuration) {
    return new Checkpoint(folder, config, sharded, shards, configuration);
  }

  /** The folder's full path, with its file system. */
  public Path folder() {
    return folder;
  }

  /** The content of {@code config.json}, not to be changed. */
  public JsonNode config() {
    return config;
  }

  /** Whether an index spreads the tensors over several files. */
  public boolean isSharded() {
    return sharded;
  }

  /**
   * The tensors of each safetensors file that holds weights, or will, by the file's name, in the
   * order of their data; files in alphabetical order.
   */
  public Map<String, List<TensorEntry>> shards() {
    Map<String, List<TensorEntry>> result = new LinkedHashMap<>();
    shards.forEach((file, header) -> result.put(file, header.entries()));
    return result;
  }

  /** The free strings in the header of a shard. */
  public Map<String, String> metadata(String shard) {
    return header(shard).metadata();
  }

  /** All tensor names, by shard and there in the order of their data. */
  public Set<String> names() {
    return Collections.unmodifiableSet(entries.keySet());
  }

  public boolean contains(String name) {
    return entries.containsKey(name);
  }

  /**
   * @throws InvalidDataException if there is no such tensor
   */
  public TensorEntry entry(String name) {
    TensorEntry entry = entries.get(name);
    if (entry == null) {
      throw new InvalidDataException(
          "The checkpoint in %s has no tensor %s, which its config.json calls for"
              .formatted(folder, Words.quote(name)));
    }
    return entry;
  }

  /**
   * Reads a whole tensor as float32, as {@link WeightsFile#read} does; a vector is one row.
   *
   * @throws InvalidDataException if there is no such tensor, its type is not F32, F16 or BF16, its
   *     shape is not the destination's, or a value is NaN or infinite
   */
  public void read(String name, Tensor destination) {
    try (WeightsFile file = openShard(entry(name).file())) {
      file.read(name, destination);
    }
  }

  /**
   * Reads as many rows as the destination has, from {@code firstRow} on.
   *
   * @throws InvalidDataException as {@link #read} does
   * @throws IndexOutOfBoundsException if the tensor has fewer rows
   */
  public void readRows(String name, long firstRow, Tensor destination) {
    try (WeightsFile file = openShard(entry(name).file())) {
      file.readRows(name, firstRow, destination);
    }
  }

  /** Opens a shard, for many reads. Its header is not read again. */
  public WeightsFile openShard(String shard) {
    if (hadoop == null) {
      throw new IllegalStateException("A checkpoint that was sent needs using(configuration)");
    }
    return header(shard).open(folder, shard, hadoop);
  }

  private ShardHeader header(String shard) {
    ShardHeader header = shards.get(shard);
    if (header == null) {
      throw new IllegalArgumentException("%s has no shard %s".formatted(folder, shard));
    }
    return header;
  }

  private static WeightsFormat format(ModelFolder files) {
    return Arrays.stream(WeightsFormat.values())
        .filter(format -> files.contains(format.single()) || files.contains(format.index()))
        .findFirst()
        .orElseThrow(() -> noWeights(files));
  }

  private static Map<String, ShardHeader> shards(
      ModelFolder files, WeightsFormat format, Configuration hadoop) {
    ShardIndex index = ShardIndex.read(files, format);
    Map<String, ShardHeader> byFile = new LinkedHashMap<>();
    Map<String, ShardHeader> byShard = new LinkedHashMap<>();
    int count = index.files().size();
    for (String file : index.files()) {
      if (!files.contains(file)) {
        throw new InvalidDataException(
            "%s names %s, which is not in the folder; fetch the missing shard"
                .formatted(index.path(), Words.line(file)));
      }
      String shard = shardName(file, byFile.size() + 1, count);
      ShardHeader header = header(files, file, shard, hadoop);
      byFile.put(file, header);
      byShard.put(shard, header);
    }
    index.requireAgreement(byFile);
    return byShard;
  }

  /** The safetensors file that a shard is, or becomes, counted from 1. */
  private static String shardName(String file, int number, int count) {
    return file.endsWith(WeightsFormat.SAFETENSORS.ending())
        ? file
        : String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", number, count);
  }

  private static ShardHeader header(
      ModelFolder folder, String file, String shard, Configuration hadoop) {
    Path path = Storage.child(folder.path(), file);
    if (!file.equals(shard)) {
      return TorchFile.header(path, shard, hadoop);
    }
    try (SafetensorsFile opened = SafetensorsFile.open(path, hadoop)) {
      return opened.header();
    }
  }

  private static InvalidDataException noWeights(ModelFolder folder) {
    String found =
        folder.files().stream()
            .filter(
                file -> OTHER_FORMATS.stream().anyMatch(file.toLowerCase(Locale.ROOT)::endsWith))
            .findFirst()
            .map(file -> "; its " + Words.line(file) + " is not read; " + TorchArchive.REMEDY)
            .orElse("; fetch the whole model again");
    return new InvalidDataException(
        "Model folder %s has neither %s nor %s, nor an index of either%s"
            .formatted(
                folder.path(),
                WeightsFormat.SAFETENSORS.single(),
                WeightsFormat.TORCH.single(),
                found));
  }
}
