package io.coppice.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import io.coppice.failure.Words;
import io.coppice.storage.Storage;
import io.coppice.tensor.Tensor;
import java.io.Serializable;
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
 * model.safetensors}, or {@code model.safetensors.index.json} with its shards.
 *
 * <p>Opening reads all headers and checks them against each other, but no weights. An open
 * checkpoint holds no files open and may be shared between threads and sent to executors, which
 * then need no header again; the Hadoop configuration does not travel with it, so the receiver says
 * {@link #using}.
 */
public final class Checkpoint implements Serializable {
  private static final long serialVersionUID = 1L;

  /** The file of a checkpoint that is not sharded. */
  static final String SINGLE_FILE = "model.safetensors";

  private static final List<String> PICKLES = List.of(".bin", ".pt", ".pth", ".ckpt", ".pkl");

  private final Path folder;
  private final JsonNode config;
  private final boolean sharded;
  private final Map<String, SafetensorsHeader> shards;
  private final Map<String, TensorEntry> entries;
  private final transient Configuration hadoop;

  private Checkpoint(
      Path folder,
      JsonNode config,
      boolean sharded,
      Map<String, SafetensorsHeader> shards,
      Map<String, TensorEntry> entries,
      Configuration hadoop) {
    this.folder = folder;
    this.config = config;
    this.sharded = sharded;
    this.shards = shards;
    this.entries = entries;
    this.hadoop = hadoop;
  }

  /**
   * Opens a model folder.
   *
   * @throws UsageException if there is no such folder
   * @throws InvalidDataException if it is no model, has its weights in another format only, or any
   *     of its files is broken or does not belong to the others
   */
  public static Checkpoint open(Path folder, Configuration hadoop) {
    ModelFolder files = ModelFolder.open(folder, hadoop);
    JsonNode config = files.config();
    // transformers prefers the single file too.
    boolean sharded = !files.contains(SINGLE_FILE) && files.contains(ShardIndex.NAME);
    Map<String, SafetensorsHeader> shards = new LinkedHashMap<>();
    if (sharded) {
      ShardIndex index = ShardIndex.read(files);
      for (String file : index.files()) {
        if (!files.contains(file)) {
          throw new InvalidDataException(
              "%s names %s, which is not in the folder; fetch the missing shard"
                  .formatted(index.path(), Words.line(file)));
        }
        shards.put(file, header(files.path(), file, hadoop));
      }
      index.requireAgreement(shards);
    } else {
      if (!files.contains(SINGLE_FILE)) {
        throw noWeights(files);
      }
      shards.put(SINGLE_FILE, header(files.path(), SINGLE_FILE, hadoop));
    }
    Map<String, TensorEntry> entries = new LinkedHashMap<>();
    shards
        .values()
        .forEach(shard -> shard.entries().forEach(entry -> entries.put(entry.name(), entry)));
    return new Checkpoint(files.path(), config, sharded, shards, entries, hadoop);
  }

  /** The same checkpoint with another Hadoop configuration; needed after deserialisation. */
  public Checkpoint using(Configuration configuration) {
    return new Checkpoint(folder, config, sharded, shards, entries, configuration);
  }

  /** The folder's full path, with its file system. */
  public Path folder() {
    return folder;
  }

  /** The content of {@code config.json}, to be left as it is. */
  public JsonNode config() {
    return config;
  }

  /** Whether an index spreads the tensors over several files. */
  public boolean isSharded() {
    return sharded;
  }

  /** File name to tensors in the order of their data; files in alphabetical order. */
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
   * Reads a whole tensor as float32, as {@link SafetensorsFile#read} does; a vector is one row.
   *
   * @throws InvalidDataException if there is no such tensor, its type is not F32, F16 or BF16, its
   *     shape is not the destination's, or a value is NaN or infinite
   */
  public void read(String name, Tensor destination) {
    try (SafetensorsFile file = openShard(entry(name).file())) {
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
    try (SafetensorsFile file = openShard(entry(name).file())) {
      file.readRows(name, firstRow, destination);
    }
  }

  /** Opens a shard, for many reads. Its header is not read again. */
  public SafetensorsFile openShard(String shard) {
    if (hadoop == null) {
      throw new IllegalStateException("A checkpoint that was sent needs using(configuration)");
    }
    return SafetensorsFile.open(Storage.child(folder, shard), hadoop, header(shard));
  }

  SafetensorsHeader header(String shard) {
    SafetensorsHeader header = shards.get(shard);
    if (header == null) {
      throw new IllegalArgumentException("%s has no shard %s".formatted(folder, shard));
    }
    return header;
  }

  private static SafetensorsHeader header(Path folder, String shard, Configuration hadoop) {
    try (SafetensorsFile file = SafetensorsFile.open(Storage.child(folder, shard), hadoop)) {
      return file.header();
    }
  }

  private static InvalidDataException noWeights(ModelFolder folder) {
    for (String file : folder.files()) {
      String name = file.toLowerCase(Locale.ROOT);
      if (PICKLES.stream().anyMatch(name::endsWith)) {
        return new InvalidDataException(
            ("Model folder %s has its weights in %s, a pickle, which can run code when it "
                    + "is read and is never read here; convert the model to safetensors "
                    + "(transformers: save_pretrained)")
                .formatted(folder.path(), file));
      }
    }
    return new InvalidDataException(
        "Model folder %s has neither %s nor %s; fetch the whole model again"
            .formatted(folder.path(), SINGLE_FILE, ShardIndex.NAME));
  }
}
