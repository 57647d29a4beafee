package io.coppice.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import io.coppice.storage.AtomicFile;
import io.coppice.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Turns an archive in compressed-tensors' layout {@code sparse-bitmask} into the dense checkpoint:
 * of one that {@link BitmaskArchive} made, the same bytes, but for −0, which is 0. The archive may
 * come from anywhere and is checked to the bit.
 */
public final class BitmaskUnpacking {
  private static final String FORMAT = "sparse-bitmask";

  private final Checkpoint archive;
  private final Path target;
  private final Configuration hadoop;

  /**
   * @param archive the opened archive
   * @param target folder for the files
   * @throws UsageException if it is no such archive
   */
  public BitmaskUnpacking(Checkpoint archive, Path target, Configuration hadoop) {
    this.archive = archive;
    this.target = target;
    this.hadoop = hadoop;
    if (!isArchive(archive.config())) {
      throw new UsageException(
          "The model in %s is no sparse-bitmask archive; unpack what prune --save bitmask has made"
              .formatted(archive.folder()));
    }
    if (!archive.config().at("/" + BitmaskArchive.CONFIG_KEY + "/config_groups").isEmpty()) {
      throw new InvalidDataException(
          "The archive in %s is quantized besides, which cannot be unpacked; only F32, F16 and BF16 can"
              .formatted(archive.folder()));
    }
  }

  /** Whether a configuration says that the weights are packed so. */
  static boolean isArchive(JsonNode config) {
    return config
        .at("/" + BitmaskArchive.CONFIG_KEY + "/sparsity_config/format")
        .asText()
        .equals(FORMAT);
  }

  /** The files that {@link #write} must be called for. */
  public List<String> shards() {
    return List.copyOf(archive.shards().keySet());
  }

  /**
   * Writes one file of the dense checkpoint, through bounded buffers.
   *
   * @throws InvalidDataException if a packed weight breaks a rule of the layout
   * @throws java.io.UncheckedIOException if the file system fails; nothing is visible then
   */
  public void write(String shard) {
    try (WeightsFile packed = archive.openShard(shard)) {
      Map<String, BitmaskTensor> weights = new LinkedHashMap<>();
      List<TensorSpec> specs = specs(packed, weights);
      try (SafetensorsWriter writer = begin(packed, specs)) {
        for (TensorEntry entry : List.copyOf(writer.entries())) {
          BitmaskTensor tensor = weights.get(entry.name());
          if (tensor == null) {
            writer.copy(entry.name(), packed);
          } else {
            new BitmaskReader(packed, tensor, writer).unpack();
          }
        }
        writer.commit();
      }
    }
  }

  /** Copies everything else, without what says that the weights are packed. */
  public void copyOtherFiles() {
    Map<String, List<TensorEntry>> written = new LinkedHashMap<>();
    for (String shard : shards()) {
      try (SafetensorsFile file = SafetensorsFile.open(Storage.child(target, shard), hadoop)) {
        written.put(shard, file.entries());
      }
    }
    ModelFolder folder = ModelFolder.open(archive.folder(), hadoop);
    CheckpointAssembly.copyPlainFiles(archive, target, hadoop);
    AtomicFile.write(
        Storage.child(target, ModelFolder.CONFIG),
        folder.configWithout(Set.of(BitmaskArchive.CONFIG_KEY)),
        hadoop);
    if (archive.isSharded()) {
      ShardIndex.write(Storage.child(target, ShardIndex.NAME), written, hadoop);
    }
    Checkpoint.open(target, hadoop);
    if (archive.isSharded()) {
      restoreIndex();
    }
    // Without its mark of success, a folder with a record cannot be opened.
    copyRecord();
  }

  /** Copies the record of the run that made the archive, without its mark of success. */
  private void copyRecord() {
    Path record = OutputFolder.record(archive.folder());
    FileSystem system = Storage.of(record, hadoop);
    if (Storage.status(system, record).isEmpty()) {
      return;
    }
    Path mark = SuccessMark.in(archive.folder());
    try {
      for (FileStatus file : Storage.list(system, record)) {
        String name = file.getPath().getName();
        if (file.isFile()
            && !name.equals(mark.getName())
            && !name.equals(BitmaskArchive.DENSE_INDEX)) {
          CheckpointAssembly.copy(
              file.getPath(), Storage.child(OutputFolder.record(target), name), hadoop);
        }
      }
    } catch (IOException e) {
      throw Storage.cannot("list", record, e);
    }
  }

  /**
   * Puts the dense checkpoint's own index in the place of the one that was made.
   *
   * @throws InvalidDataException if it does not agree with the files
   */
  private void restoreIndex() {
    Path kept = new Path(OutputFolder.record(archive.folder()), BitmaskArchive.DENSE_INDEX);
    if (Storage.status(Storage.of(kept, hadoop), kept).isEmpty()) {
      return;
    }
    AtomicFile.write(
        Storage.child(target, ShardIndex.NAME),
        Storage.readSmall(Storage.of(kept, hadoop), kept, ShardIndex.LONGEST),
        hadoop);
    try {
      Checkpoint.open(target, hadoop);
    } catch (InvalidDataException e) {
      throw new InvalidDataException(
          "%s is not the index of this archive's dense checkpoint; get a sound copy of it, or delete it"
                  .formatted(kept)
              + " for an index that is made anew",
          e);
    }
  }

  /** The dense file's tensors, in the order of what is packed. */
  private static List<TensorSpec> specs(WeightsFile packed, Map<String, BitmaskTensor> weights) {
    Set<String> parts = new HashSet<>();
    Map<String, BitmaskTensor> byElements = new LinkedHashMap<>();
    for (TensorEntry entry : packed.entries()) {
      if (entry.name().endsWith(BitmaskTensor.BITMASK)) {
        BitmaskTensor tensor = tensor(packed, entry);
        tensor.specs().forEach(spec -> parts.add(spec.name()));
        byElements.put(tensor.name(BitmaskTensor.COMPRESSED), tensor);
      }
    }
    List<TensorSpec> specs = new ArrayList<>();
    for (TensorEntry entry : packed.entries()) {
      BitmaskTensor tensor = byElements.get(entry.name());
      if (tensor != null) {
        if (packed.contains(tensor.weight())) {
          throw tensor.broken(packed, "the weight itself beside it");
        }
        weights.put(tensor.weight(), tensor);
        specs.add(tensor.dense());
      } else if (!parts.contains(entry.name())) {
        specs.add(entry.spec());
      }
    }
    return specs;
  }

  private static BitmaskTensor tensor(WeightsFile packed, TensorEntry bitmask) {
    TensorEntry shape = packed.entry(BitmaskTensor.module(bitmask) + BitmaskTensor.SHAPE);
    if (shape.type() != DataType.I64 || !shape.shape().equals(List.of(2L))) {
      throw new InvalidDataException(
          "%s holds %s as %s %s, but a sparse-bitmask archive has two numbers there, I64 [2]"
              .formatted(packed.path(), shape.name(), shape.type(), shape.shape()));
    }
    byte[] numbers = new byte[2 * Long.BYTES];
    packed.readBytes(shape, 0, numbers, numbers.length);
    ByteBuffer both = ByteBuffer.wrap(numbers).order(ByteOrder.LITTLE_ENDIAN);
    return BitmaskTensor.of(packed, bitmask, both.getLong(), both.getLong());
  }

  /** With the dense file's own header, if the archive has kept one that fits its tensors. */
  private SafetensorsWriter begin(WeightsFile packed, List<TensorSpec> specs) {
    Map<String, String> metadata = new LinkedHashMap<>(archive.metadata(packed.path().getName()));
    String header = metadata.remove(BitmaskArchive.DENSE_HEADER);
    Path file = Storage.child(target, packed.path().getName());
    if (header == null) {
      return SafetensorsWriter.inOrder(file, hadoop, specs, metadata);
    }
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    long data = specs.stream().mapToLong(spec -> spec.type().bytes(spec.shape())).sum();
    List<TensorEntry> entries =
        keptEntries(
            packed, new HeaderParser(file, HeaderParser.LENGTH_BYTES + json.length + data), json);
    Set<TensorSpec> kept = new HashSet<>();
    entries.forEach(entry -> kept.add(entry.spec()));
    if (!kept.equals(Set.copyOf(specs))) {
      throw otherHeader(packed);
    }
    byte[] bytes =
        ByteBuffer.allocate(HeaderParser.LENGTH_BYTES + json.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(json.length)
            .put(json)
            .array();
    return SafetensorsWriter.again(file, hadoop, entries, bytes);
  }

  private static List<TensorEntry> keptEntries(
      WeightsFile packed, HeaderParser parser, byte[] json) {
    try {
      return parser.parse(json).entries();
    } catch (InvalidDataException e) {
      // It speaks of a file that nobody has.
      throw otherHeader(packed);
    }
  }

  private static InvalidDataException otherHeader(WeightsFile packed) {
    return new InvalidDataException(
        "%s keeps the header of a dense file with other tensors; get a sound copy of the archive"
            .formatted(packed.path()));
  }
}
