package io.coppice.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.UsageException;
import io.coppice.storage.AtomicFile;
import io.coppice.storage.Storage;
import io.coppice.storage.WritablePlace;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.hdfs.protocol.HdfsConstants;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Checks the promises about files and folders on a real HDFS, whose renames differ from local ones.
 */
class HdfsTest {
  // The cluster's audit log would drown the build's; loggers without a reference are forgotten.
  private static final Logger CLUSTER_LOG = Logger.getLogger("org.apache.hadoop");

  @TempDir private static java.nio.file.Path local;
  private static MiniDFSCluster cluster;
  private static FileSystem hdfs;

  private Configuration hadoop;
  private Path folder;

  @BeforeAll
  static void startCluster() throws IOException {
    CLUSTER_LOG.setLevel(Level.OFF);
    Configuration configuration = new Configuration();
    configuration.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, local.resolve("hdfs").toString());
    cluster = new MiniDFSCluster.Builder(configuration).numDataNodes(1).build();
    hdfs = cluster.getFileSystem();
  }

  @AfterAll
  static void stopCluster() {
    if (cluster != null) {
      cluster.shutdown();
    }
  }

  @BeforeEach
  void emptyFolder() throws IOException {
    hadoop = new Configuration(cluster.getConfiguration(0));
    folder = new Path("/test");
    hdfs.delete(folder, true);
    hdfs.mkdirs(folder);
  }

  @Test
  void aNameThatHdfsDoesNotTakeIsToldAtOnce() throws IOException {
    for (String name : new String[] {"sparse:1", "a:b/sparse"}) {
      Path output = Storage.child(folder, name);
      assertThatThrownBy(
              () -> new OutputFolder(output, Replaceable.NOTHING, hadoop).requireFree(List.of()))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining(name)
          .hasMessageContaining("without colons");
      assertThatThrownBy(() -> WritablePlace.require("output", output, hadoop))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("without colons");
    }
    WritablePlace.require("output", new Path(folder, "new/sparse"), hadoop);
    assertThat(hdfs.listStatus(folder)).isEmpty();
  }

  @Test
  void aFullQuotaIsReportedAndLeavesExistingFiles() throws IOException {
    Path file = new Path(folder, "a.txt");
    AtomicFile.write(file, "words", hadoop);
    long blockSize = hdfs.getDefaultBlockSize(folder);
    ((DistributedFileSystem) hdfs).setQuota(folder, Long.MAX_VALUE - 1, blockSize / 2);
    try {
      assertThatThrownBy(() -> AtomicFile.write(file, "other words", hadoop))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("no room left")
          .hasMessageContaining("/test/a.txt")
          .hasMessageContaining("quota");
      assertThat(hdfs.listStatus(folder)).hasSize(1);
    } finally {
      ((DistributedFileSystem) hdfs)
          .setQuota(folder, HdfsConstants.QUOTA_RESET, HdfsConstants.QUOTA_RESET);
    }
    AtomicFile.write(file, "other words", hadoop);
    assertThat(hdfs.getFileStatus(file).getLen()).isEqualTo("other words".length());
  }

  @Test
  void aFileIsReplacedByRenameAndAFolderNever() throws IOException {
    Path file = new Path(folder, "a.safetensors");
    for (float value : new float[] {1, 2}) {
      try (Arena arena = Arena.unbounded("test");
          SafetensorsWriter writer =
              SafetensorsWriter.create(
                  file, hadoop, List.of(TensorSpec.vector("w", DataType.BF16, 3)))) {
        Tensor values = arena.vector(3);
        values.set(0, 2, value);
        writer.write("w", values);
        writer.commit();
      }
      try (Arena arena = Arena.unbounded("test");
          SafetensorsFile opened = SafetensorsFile.open(file, hadoop)) {
        Tensor values = arena.vector(3);
        opened.read("w", values);
        assertThat(values.toArray()).containsExactly(0, 0, value);
      }
    }
    Path other = new Path(folder, "b.safetensors");
    hdfs.mkdirs(other);
    try (AtomicFile refused = AtomicFile.create(other, hadoop)) {
      assertThatThrownBy(refused::commit)
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("exists already");
    }
    assertThat(names(other)).isEmpty();
    assertThat(names(folder)).containsExactly("a.safetensors", "b.safetensors");
  }

  @Test
  void aModelIsAssembledVerifiedAndPutInThePlaceOfAnother() throws IOException {
    java.nio.file.Path source = ModelOnDisk.sharded(local.resolve("source"));
    Path model = new Path(folder, "model");
    hdfs.copyFromLocalFile(RawFile.hadoop(source), model);
    Path replaced = new Path(folder, "replaced");
    hdfs.mkdirs(replaced);
    text(new Path(folder, "out/config.json"), "old");

    OutputFolder careful = new OutputFolder(new Path(folder, "out"), Replaceable.NOTHING, hadoop);
    CheckpointAssembly assembly =
        CheckpointAssembly.plan(
            Checkpoint.open(model, hadoop), replaced, careful.staging(), hadoop);
    assembly.shardNames().forEach(assembly::writeShard);
    assembly.copyOtherFiles();
    assembly.verify();
    assertThatThrownBy(careful::commit).isInstanceOf(UsageException.class);
    assertThat(names(new Path(folder, "out"))).containsExactly("config.json");
    new OutputFolder(new Path(folder, "out"), Replaceable.MODEL, hadoop).commit();

    assertThat(names(folder)).containsExactly("model", "out", "replaced");
    Map<String, List<Byte>> wanted = ModelOnDisk.contents(source);
    java.nio.file.Path result = local.resolve("result");
    hdfs.copyToLocalFile(false, new Path(folder, "out"), RawFile.hadoop(result), true);
    Map<String, List<Byte>> found = ModelOnDisk.contents(result);
    assertThat(found.remove("coppice")).as("the mark's folder").isNotNull();
    assertThat(found).isEqualTo(wanted);
  }

  @Test
  void pyTorchWeightsAreReadByRanges() throws IOException {
    java.nio.file.Path source = local.resolve("torch");
    ModelOnDisk.text(source, "config.json", "{}");
    new TorchWriter()
        .range(300_000)
        .tensor("first", 3, 100_000)
        .view("second", 7, new long[] {2, 3}, new long[] {1, 1000})
        .write(source.resolve("pytorch_model.bin"));
    Path model = new Path(folder, "torch");
    hdfs.copyFromLocalFile(RawFile.hadoop(source), model);

    Checkpoint checkpoint = Checkpoint.open(model, hadoop);

    try (Arena arena = Arena.unbounded("test")) {
      Tensor row = arena.tensor(1, 100_000);
      checkpoint.readRows("first", 2, row);
      assertThat(row.toArray()).startsWith(200_000, 200_001).endsWith(299_999);
      Tensor strided = arena.tensor(2, 3);
      checkpoint.read("second", strided);
      assertThat(strided.toArray()).containsExactly(7, 1007, 2007, 8, 1008, 2008);
    }
  }

  @Test
  void aFolderThatAppearsMeanwhileIsNotMovedInto() throws IOException {
    OutputFolder output = new OutputFolder(new Path(folder, "out"), Replaceable.NOTHING, hadoop);
    text(new Path(output.staging(), "config.json"), "new");
    hdfs.mkdirs(output.path());
    assertThatThrownBy(() -> Storage.rename(hdfs, hadoop, output.staging(), output.path()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("exists");
    assertThat(names(output.path())).isEmpty();
    assertThat(names(output.staging())).containsExactly("config.json");
  }

  private static void text(Path file, String content) throws IOException {
    try (FSDataOutputStream out = hdfs.create(file)) {
      out.write(content.getBytes(StandardCharsets.UTF_8));
    }
  }

  private static List<String> names(Path directory) throws IOException {
    return Arrays.stream(hdfs.listStatus(directory))
        .map(FileStatus::getPath)
        .map(Path::getName)
        .toList();
  }
}
