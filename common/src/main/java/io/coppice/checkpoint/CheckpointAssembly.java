package io.coppice.checkpoint;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import io.coppice.storage.AtomicFile;
import io.coppice.storage.Storage;
import java.io.IOException;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Assembles a model folder from a source checkpoint and replaced tensors: same files, same tensor
 * names, order and types, same headers, every other file copied. With nothing replaced the result
 * is the source, byte for byte, except that a PyTorch checkpoint becomes safetensors files, and
 * that traces of a {@link Quantization} that the weights do not have are left out.
 *
 * <p>Shards are written independently of each other, each by {@link #writeShard} in a task of its
 * own, which a retry or a second attempt may repeat. Like {@link Checkpoint}, an assembly can be
 * sent to executors, where it needs {@link #using}.
 */
public final class CheckpointAssembly implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final int COPY_BUFFER = 1 << 20;

  /** Endings of files that hold weights, in any format. */
  private static final List<String> WEIGHTS =
      List.of(
          ".safetensors",
          ".bin",
          ".pt",
          ".pth",
          ".ckpt",
          ".pkl",
          ".pickle",
          ".gguf",
          ".ggml",
          ".onnx",
          ".onnx_data",
          ".h5",
          ".msgpack",
          ".npz",
          ".npy",
          ".ot",
          ".tflite",
          ".nemo");

  private static final String INDEX_ENDING = ".index.json";

  private final Checkpoint source;
  private final Quantization leftOut;
  private final Map<String, Replacement> replacements;
  private final Path staging;
  private final transient Configuration hadoop;

  private record Replacement(Path file, SafetensorsHeader header) implements Serializable {}

  private CheckpointAssembly(
      Checkpoint source,
      Quantization leftOut,
      Map<String, Replacement> replacements,
      Path staging,
      Configuration hadoop) {
    this.source = source;
    this.leftOut = leftOut;
    this.replacements = replacements;
    this.staging = staging;
    this.hadoop = hadoop;
  }

  /**
   * Reads the headers of the replaced tensors and checks that they fit the source.
   *
   * @param replaced a folder of safetensors files, each with some tensors as float32 under their
   *     names in the checkpoint
   * @param staging the folder in which the new model is assembled
   * @throws InvalidDataException if a replaced tensor is not in the source, has another shape, is
   *     not F32, or occurs twice
   */
  public static CheckpointAssembly plan(
      Checkpoint source, Path replaced, Path staging, Configuration hadoop) {
    Map<String, Replacement> replacements = new LinkedHashMap<>();
    ModelFolder files = ModelFolder.open(replaced, hadoop);
    for (String file : files.files()) {
      if (!file.endsWith(WeightsFormat.SAFETENSORS.ending())) {
        continue;
      }
      Path path = Storage.child(files.path(), file);
      try (SafetensorsFile opened = SafetensorsFile.open(path, hadoop)) {
        Replacement replacement = new Replacement(path, opened.header());
        for (TensorEntry entry : opened.entries()) {
          requireFit(source.entry(entry.name()), entry, path);
          if (replacements.put(entry.name(), replacement) != null) {
            throw new InvalidDataException(
                "%s holds tensor %s, which another file of that folder holds too"
                    .formatted(path, Words.quote(entry.name())));
          }
        }
      }
    }
    Path target = Storage.of(staging, hadoop).makeQualified(staging);
    Quantization leftOut =
        Quantization.in(source, ModelFolder.open(source.folder(), hadoop).files());
    return new CheckpointAssembly(source, leftOut, replacements, target, hadoop);
  }

  /** The same assembly with another Hadoop configuration; needed after deserialisation. */
  public CheckpointAssembly using(Configuration configuration) {
    return new CheckpointAssembly(
        source.using(configuration), leftOut, replacements, staging, configuration);
  }

  /** The files that {@link #writeShard} must be called for. */
  public List<String> shardNames() {
    return List.copyOf(shards().keySet());
  }

  /**
   * Writes one file of weights into the staging folder, through one bounded buffer: replaced
   * tensors rounded to the source's type, all others bit for bit.
   *
   * @throws InvalidDataException if a replaced value is NaN, infinite, or too large for the type
   * @throws java.io.UncheckedIOException if the file system fails; nothing is visible then
   */
  public void writeShard(String shard) {
    Path target = Storage.child(staging, shard);
    try (WeightsFile original = source.openShard(shard);
        SafetensorsWriter writer = begin(target, original)) {
      for (TensorEntry entry : writer.entries()) {
        Replacement replacement = replacements.get(entry.name());
        if (replacement == null) {
          writer.copy(entry.name(), original);
        } else {
          try (SafetensorsFile replaced =
              SafetensorsFile.open(replacement.file(), hadoop, replacement.header())) {
            writer.convert(entry.name(), replaced);
          }
        }
      }
      writer.commit();
    }
  }

  private SafetensorsWriter begin(Path target, WeightsFile original) {
    String shard = target.getName();
    List<TensorSpec> kept = kept(original.entries());
    return kept.size() == original.entries().size()
        ? SafetensorsWriter.like(target, hadoop, original)
        : SafetensorsWriter.inOrder(target, hadoop, kept, source.metadata(shard));
  }

  /** The shards to be written, with their tensors in the order of their data. */
  private Map<String, List<TensorEntry>> shards() {
    Map<String, List<TensorEntry>> shards = new LinkedHashMap<>();
    source
        .shards()
        .forEach(
            (shard, entries) -> {
              List<TensorSpec> kept = kept(entries);
              if (kept.size() == entries.size()) {
                shards.put(shard, entries);
              } else if (!kept.isEmpty()) {
                shards.put(
                    shard, HeaderWriter.aligned(shard, kept, source.metadata(shard)).entries());
              }
            });
    return shards;
  }

  private List<TensorSpec> kept(List<TensorEntry> entries) {
    return entries.stream()
        .filter(entry -> !leftOut.tensors().contains(entry.name()))
        .map(TensorEntry::spec)
        .toList();
  }

  /**
   * Copies everything that is not a weight into the staging folder: configuration, tokenizer,
   * texts, and the index of the shards, which is written again for a PyTorch checkpoint. Weights in
   * other formats, their indexes, hidden files and sub-folders are not copied.
   */
  public void copyOtherFiles() {
    ModelFolder files = ModelFolder.open(source.folder(), hadoop);
    if (source.isSharded() && !files.contains(ShardIndex.NAME)) {
      ShardIndex.write(Storage.child(staging, ShardIndex.NAME), shards(), hadoop);
    }
    for (String file : files.files()) {
      if (isCopied(source, file) && !leftOut.files().contains(file)) {
        copy(files, file);
      }
    }
  }

  private void copy(ModelFolder files, String file) {
    Path target = Storage.child(staging, file);
    if (file.equals(ModelFolder.CONFIG) && !leftOut.keys().isEmpty()) {
      AtomicFile.write(target, files.configWithout(leftOut.keys()), hadoop);
    } else if (file.equals(ShardIndex.NAME) && !leftOut.tensors().isEmpty()) {
      ShardIndex.write(Storage.child(staging, ShardIndex.NAME), shards(), hadoop);
    } else {
      copy(Storage.child(files.path(), file), target, hadoop);
    }
  }

  /** Copies the files of a folder that are neither weights nor their index. */
  static void copyPlainFiles(Checkpoint source, Path target, Configuration hadoop) {
    for (String file : ModelFolder.open(source.folder(), hadoop).files()) {
      if (isCopied(source, file) && !file.equals(ShardIndex.NAME)) {
        copy(Storage.child(source.folder(), file), Storage.child(target, file), hadoop);
      }
    }
  }

  /**
   * Opens the staged folder, with all the checks of {@link Checkpoint#open}, and compares it with
   * the source.
   *
   * @throws InvalidDataException if it is not complete, or differs from the source in files, tensor
   *     names, types, shapes, order or configuration, except for the parts that are left out
   */
  public void verify() {
    Checkpoint staged = Checkpoint.open(staging, hadoop);
    if (!staged.shards().equals(shards())
        || staged.isSharded() != source.isSharded()
        || !staged.config().equals(leftOut.strip(source.config()))) {
      throw new InvalidDataException(
          ("The model put together in %s does not have the tensors and configuration of "
                  + "%s; delete it and start again")
              .formatted(staging, source.folder()));
    }
  }

  /**
   * The files to be copied that are only pointers of Git LFS, which nobody would notice before the
   * finished model is used.
   */
  public static List<String> copiedPointers(Checkpoint source, Configuration hadoop) {
    return ModelFolder.open(source.folder(), hadoop).pointers().stream()
        .filter(file -> isCopied(source, file))
        .toList();
  }

  private static boolean isCopied(Checkpoint source, String file) {
    String name = file.toLowerCase(Locale.ROOT);
    if (name.endsWith(INDEX_ENDING)) {
      return source.isSharded() && file.equals(ShardIndex.NAME);
    }
    return !name.startsWith(".") && WEIGHTS.stream().noneMatch(name::endsWith);
  }

  /** Copies a file. */
  static void copy(Path from, Path to, Configuration hadoop) {
    byte[] buffer = new byte[COPY_BUFFER];
    FileSystem system = Storage.of(from, hadoop);
    try (FSDataInputStream in = system.open(from);
        AtomicFile file = AtomicFile.create(to, hadoop)) {
      for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
        file.write(buffer, 0, length);
      }
      file.commit();
    } catch (IOException e) {
      throw Storage.cannot("copy", from, e);
    }
  }

  private static void requireFit(TensorEntry original, TensorEntry replaced, Path path) {
    if (replaced.type() != DataType.F32
        || !original.type().isFloat32Convertible()
        || replaced.rows() != original.rows()
        || replaced.columns() != original.columns()) {
      throw new InvalidDataException(
          "%s holds tensor %s as %s %s, which cannot replace %s %s of the checkpoint"
              .formatted(
                  path,
                  Words.quote(original.name()),
                  replaced.type(),
                  replaced.shape(),
                  original.type(),
                  original.shape()));
    }
  }
}
