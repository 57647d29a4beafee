package io.coppice.job.chain.activations;

import io.coppice.checkpoint.DataType;
import io.coppice.checkpoint.SafetensorsFile;
import io.coppice.checkpoint.SafetensorsWriter;
import io.coppice.checkpoint.TensorSpec;
import io.coppice.job.cli.ActivationSettings.ActivationType;
import io.coppice.job.cli.LocalCacheSize;
import io.coppice.job.cluster.HadoopSettings;
import io.coppice.job.cluster.LocalFolders;
import io.coppice.storage.Storage;
import io.coppice.tensor.Tensor;
import java.io.Serializable;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.hadoop.fs.Path;

/**
 * Activations as safetensors files in the work folder, one per boundary and group of windows, read
 * by ranges. For sizes that do not fit into memory.
 *
 * <p>Where the work folder is not on a local file system, a task that reads windows again and again
 * keeps them on its executor's disk.
 */
public final class FileStore implements ActivationStore {
  private static final long serialVersionUID = 1L;
  private static final String TENSOR = "activations";

  private final String folder;
  private final ActivationType type;
  private final LocalCacheSize localCache;
  private final HadoopSettings hadoop;

  /**
   * @param folder on a file system that all executors see
   * @param localCache the most that an executor keeps on its own disk
   */
  public FileStore(
      String folder, ActivationType type, LocalCacheSize localCache, HadoopSettings hadoop) {
    this.folder = folder;
    this.type = type;
    this.localCache = localCache;
    this.hadoop = hadoop;
  }

  @Override
  public byte[] put(String chain, int boundary, int group, Tensor activations) {
    DataType stored = type == ActivationType.F32 ? DataType.F32 : DataType.BF16;
    TensorSpec spec = TensorSpec.matrix(TENSOR, stored, activations.rows(), activations.columns());
    Path file = file(boundaryFolder(chain, boundary), group);
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(file, hadoop.configuration(), List.of(spec))) {
      writer.write(TENSOR, activations);
      writer.commit();
    }
    return new byte[0];
  }

  @Override
  public BoundaryActivations publish(
      String chain, int boundary, WindowGroups groups, List<byte[]> pieces) {
    return new Published(
        new Place(boundaryFolder(chain, boundary), groups, hadoop), type, localCache);
  }

  @Override
  public String description() {
    return "files in " + folder + ", " + type;
  }

  private String boundaryFolder(String chain, int boundary) {
    return String.format(Locale.ROOT, "%s/%s/boundary-%04d", folder, chain, boundary);
  }

  private static Path file(String boundaryFolder, int group) {
    return new Path(boundaryFolder, String.format(Locale.ROOT, "windows-%06d.safetensors", group));
  }

  /**
   * The place of a boundary's files.
   *
   * @param folder the boundary's own
   */
  private record Place(String folder, WindowGroups groups, HadoopSettings hadoop)
      implements Serializable {
    boolean isLocal() {
      return Storage.isLocal(Storage.of(new Path(folder), hadoop.configuration()));
    }
  }

  private record Published(Place place, ActivationType type, LocalCacheSize localCache)
      implements BoundaryActivations {

    @Override
    public Reader open() {
      return new FileReader(place);
    }

    @Override
    public Reader openForEpochs() {
      if (localCache.isOff() || place.isLocal()) {
        return open();
      }
      return LocalWindows.create(
              new LocalWindows.Kind(localCache, type),
              LocalFolders.ofThisProcess(),
              LocalDisk.ofThisProcess())
          .<Reader>map(local -> new CachedReader(open(), local))
          .orElseGet(this::open);
    }

    @Override
    public void release() {
      Storage.delete(new Path(place.folder()), place.hadoop().configuration());
    }
  }

  private static final class FileReader implements BoundaryActivations.Reader {
    private final Place place;
    private final Map<Integer, SafetensorsFile> open = new HashMap<>();

    FileReader(Place place) {
      this.place = place;
    }

    @Override
    public void read(int window, Tensor destination) {
      WindowGroups groups = place.groups();
      int group = groups.groupOf(window);
      long firstRow = (long) (window - groups.first(group)) * groups.sequenceLength();
      open.computeIfAbsent(
              group,
              g -> SafetensorsFile.open(file(place.folder(), g), place.hadoop().configuration()))
          .readRows(TENSOR, firstRow, destination);
    }

    @Override
    public void close() {
      open.values().forEach(SafetensorsFile::close);
      open.clear();
    }
  }
}
