package io.coppice.checkpoint;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.storage.AtomicFile;
import io.coppice.storage.Storage;
import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Turns a sparse checkpoint, in its own folder, into an archive in compressed-tensors' layout
 * {@code sparse-bitmask}: pruned weights become {@link BitmaskTensor}s, all else stays. The header
 * of each file and the index are kept besides, so that {@link BitmaskUnpacking} gives the same
 * bytes back.
 *
 * <p>Each file is written by {@link #write} in a task of its own, beside the one that it replaces,
 * so a task may be repeated; {@link #replace} then puts all in their places. Like {@link
 * Checkpoint}, this can be sent to executors, where it needs {@link #using}.
 */
public final class BitmaskArchive implements Serializable {
  private static final long serialVersionUID = 1L;

  /** The key of a file's metadata under which the dense file's header is kept. */
  static final String DENSE_HEADER = "coppice_dense_header";

  /** The file in the record's folder that is the dense checkpoint's index. */
  static final String DENSE_INDEX = "dense.safetensors.index.json";

  static final String CONFIG_KEY = "quantization_config";
  private static final String WAITING = ".bitmask";

  private final Checkpoint dense;
  private final Set<String> pruned;
  private final String structure;
  private final transient Configuration hadoop;

  private BitmaskArchive(
      Checkpoint dense, Set<String> pruned, String structure, Configuration hadoop) {
    this.dense = dense;
    this.pruned = pruned;
    this.structure = structure;
    this.hadoop = hadoop;
  }

  /**
   * Plans an archive.
   *
   * @param dense the checkpoint of safetensors files that becomes one
   * @param pruned names of matrices that are packed
   * @param structure where zeros stand: {@code unstructured} or N:M
   */
  public static BitmaskArchive plan(
      Checkpoint dense, Collection<String> pruned, String structure, Configuration hadoop) {
    return new BitmaskArchive(dense, Set.copyOf(pruned), structure, hadoop);
  }

  /** The same with another Hadoop configuration; needed after deserialisation. */
  public BitmaskArchive using(Configuration configuration) {
    return new BitmaskArchive(dense.using(configuration), pruned, structure, configuration);
  }

  /** The files that {@link #write} must be called for. */
  public List<String> shards() {
    return List.copyOf(dense.shards().keySet());
  }

  /**
   * Writes one file, through bounded buffers and a count for each row.
   *
   * @throws java.io.UncheckedIOException if the file system fails; nothing is visible then
   */
  public void write(String shard) {
    try (SafetensorsFile file = (SafetensorsFile) dense.openShard(shard)) {
      Map<String, int[]> counts = new LinkedHashMap<>();
      List<TensorSpec> specs = new ArrayList<>();
      Map<String, BitmaskTensor> parts = new LinkedHashMap<>();
      for (TensorEntry entry : file.entries()) {
        if (pruned.contains(entry.name())) {
          int[] ofRows = nonZeros(file, entry);
          counts.put(entry.name(), ofRows);
          BitmaskTensor tensor = tensor(entry, ofRows);
          tensor.specs().forEach(spec -> parts.put(spec.name(), tensor));
          specs.addAll(tensor.specs());
        } else {
          specs.add(entry.spec());
        }
      }
      Map<String, String> metadata = new TreeMap<>(dense.metadata(shard));
      metadata.put(DENSE_HEADER, headerText(file));
      try (SafetensorsWriter writer =
          SafetensorsWriter.inOrder(waiting(shard), hadoop, specs, metadata)) {
        for (TensorEntry entry : List.copyOf(writer.entries())) {
          BitmaskTensor tensor = parts.get(entry.name());
          if (tensor == null) {
            writer.copy(entry.name(), file);
          } else {
            new Part(file, tensor, counts.get(tensor.weight()), writer).write(entry.name());
          }
        }
        writer.commit();
      }
    }
  }

  /** The dense file's header as text. */
  private static String headerText(SafetensorsFile file) {
    byte[] header = file.headerBytes();
    return new String(
        header,
        HeaderParser.LENGTH_BYTES,
        header.length - HeaderParser.LENGTH_BYTES,
        StandardCharsets.UTF_8);
  }

  /** Puts the written files in the place of the dense ones, with an index and configuration. */
  public void replace() {
    FileSystem system = Storage.of(dense.folder(), hadoop);
    Map<String, List<TensorEntry>> written = new LinkedHashMap<>();
    try {
      for (String shard : shards()) {
        Path target = Storage.child(dense.folder(), shard);
        Storage.renameOver(system, hadoop, waiting(shard), target);
        try (SafetensorsFile file = SafetensorsFile.open(target, hadoop)) {
          written.put(shard, file.entries());
        }
      }
      system.delete(waiting(WAITING).getParent(), true);
    } catch (IOException e) {
      throw Storage.cannot("put the archive in its place,", dense.folder(), e);
    }
    ModelFolder folder = ModelFolder.staged(dense.folder(), hadoop);
    if (dense.isSharded()) {
      AtomicFile.write(
          new Path(OutputFolder.record(dense.folder()), DENSE_INDEX),
          folder.read(ShardIndex.NAME, ShardIndex.LONGEST),
          hadoop);
      ShardIndex.write(Storage.child(dense.folder(), ShardIndex.NAME), written, hadoop);
    }
    AtomicFile.write(
        Storage.child(dense.folder(), ModelFolder.CONFIG),
        folder.configWith(CONFIG_KEY, quantization(written)),
        hadoop);
  }

  /** The configuration that compressed-tensors reads, as its version 0.14 writes it. */
  private ObjectNode quantization(Map<String, List<TensorEntry>> written) {
    long stored =
        written.values().stream()
            .flatMap(List::stream)
            .filter(entry -> entry.name().endsWith(BitmaskTensor.COMPRESSED))
            .mapToLong(TensorEntry::size)
            .sum();
    long all = pruned.stream().mapToLong(name -> dense.entry(name).size()).sum();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("quant_method", "compressed-tensors").put("version", "0.14.0");
    ObjectNode sparsity = json.putObject("sparsity_config");
    sparsity
        .put("format", "sparse-bitmask")
        .put("global_sparsity", all == 0 ? 0 : 1 - stored / (double) all)
        .put("sparsity_structure", structure);
    sparsity.putArray("targets").add("Linear");
    sparsity.putArray("ignore").add("lm_head");
    return json;
  }

  private Path waiting(String shard) {
    return Storage.child(Storage.child(dense.folder(), WAITING), shard);
  }

  private static int[] nonZeros(WeightsFile file, TensorEntry entry) {
    int[] counts = new int[Math.toIntExact(entry.rows())];
    long columns = entry.columns();
    ElementRuns.of(
        file,
        entry,
        (run, first) -> {
          for (int i = 0; i < run.count(); i++) {
            counts[(int) ((first + i) / columns)] += run.isZero(i) ? 0 : 1;
          }
        });
    return counts;
  }

  private static BitmaskTensor tensor(TensorEntry entry, int[] counts) {
    long nonZeros = 0;
    for (int count : counts) {
      nonZeros += count;
    }
    return new BitmaskTensor(entry.name(), entry.type(), entry.rows(), entry.columns(), nonZeros);
  }

  /** One of the four tensors of a weight. */
  private record Part(
      WeightsFile file, BitmaskTensor tensor, int[] counts, SafetensorsWriter writer) {

    void write(String name) {
      if (name.equals(tensor.name(BitmaskTensor.SHAPE))) {
        writeNumbers(name, new long[] {tensor.rows(), tensor.columns()});
      } else if (name.equals(tensor.name(BitmaskTensor.ROW_OFFSETS))) {
        long[] offsets = new long[counts.length];
        for (int i = 1; i < offsets.length; i++) {
          offsets[i] = offsets[i - 1] + counts[i - 1];
        }
        writeNumbers(name, offsets);
      } else if (name.equals(tensor.name(BitmaskTensor.COMPRESSED))) {
        writeElements(name);
      } else {
        writeBits(name);
      }
    }

    private void writeNumbers(String name, long[] numbers) {
      ByteBuffer bytes =
          ByteBuffer.allocate(numbers.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asLongBuffer().put(numbers);
      writer.writeBytes(name, bytes.array(), bytes.capacity());
    }

    private void writeElements(String name) {
      ElementRuns.of(
          file,
          file.entry(tensor.weight()),
          (run, first) -> {
            int size = run.elementBytes();
            byte[] kept = new byte[run.count() * size];
            int length = 0;
            for (int i = 0; i < run.count(); i++) {
              if (!run.isZero(i)) {
                System.arraycopy(run.bytes(), i * size, kept, length, size);
                length += size;
              }
            }
            writer.writeBytes(name, kept, length);
          });
    }

    private void writeBits(String name) {
      BitWriter bits = new BitWriter(name);
      ElementRuns.of(file, file.entry(tensor.weight()), bits::add);
    }

    /** Gathers bits into bytes, which runs may cut. */
    private final class BitWriter {
      private final String name;
      private int bits;

      private BitWriter(String name) {
        this.name = name;
      }

      private void add(ElementRuns run, long first) {
        byte[] bytes = new byte[run.count()];
        int length = 0;
        long column = first % tensor.columns();
        for (int i = 0; i < run.count(); i++) {
          bits |= run.isZero(i) ? 0 : 1 << (column % Byte.SIZE);
          column++;
          if (column == tensor.columns() || column % Byte.SIZE == 0) {
            bytes[length++] = (byte) bits;
            bits = 0;
          }
          column = column == tensor.columns() ? 0 : column;
        }
        writer.writeBytes(name, bytes, length);
      }
    }
  }
}
