package io.coppice.job.processes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;

/** A NameNode and DataNodes. */
public final class Hdfs implements AutoCloseable {
  private static final String ANY_PORT = "127.0.0.1:0";
  private static final String NAME_NODE = "org.apache.hadoop.hdfs.server.namenode.NameNode";

  private final Path folder;
  private final int replication;
  private final String address = HadoopServer.freeAddress();
  private final ChildProcess nameNode;
  private final List<ChildProcess> dataNodes = new ArrayList<>();

  private Hdfs(Path folder, int replication) {
    this.folder = folder;
    this.replication = replication;
    HadoopServer.write(settings().resolve("core-site.xml"), Map.of("fs.defaultFS", uri()));
    HadoopServer.write(
        settings().resolve("hdfs-site.xml"),
        Map.of(
            "dfs.replication", String.valueOf(replication),
            "dfs.namenode.rpc-address", address,
            "dfs.namenode.http-address", ANY_PORT,
            "dfs.namenode.name.dir", folder.resolve("names").toString(),
            "dfs.datanode.address", ANY_PORT,
            "dfs.datanode.http.address", ANY_PORT,
            "dfs.datanode.ipc.address", ANY_PORT));
    try (ChildProcess format = server("format", NAME_NODE, "-format", "-nonInteractive")) {
      int exitCode = format.exitCode();
      assertThat(exitCode).as(format.log()).isZero();
    }
    nameNode = server("namenode", NAME_NODE);
  }

  /**
   * Formats and starts a file system, and waits until it takes files.
   *
   * @param folder for its logs and blocks; made anew
   * @param dataNodes how many, and by how many each file's blocks are kept
   */
  public static Hdfs start(Path folder, int dataNodes) {
    Hdfs hdfs = new Hdfs(folder, dataNodes);
    try {
      for (int i = 0; i < dataNodes; i++) {
        hdfs.dataNodes.add(hdfs.dataNode(i));
      }
      hdfs.dataNodes.forEach(Hdfs::awaitRegistration);
      return hdfs;
    } catch (RuntimeException | Error e) {
      hdfs.close();
      throw e;
    }
  }

  /** Starts a DataNode that was killed once more, with the blocks that it had. */
  public void restartDataNode(int number) {
    dataNodes.get(number).close();
    dataNodes.set(number, dataNode(number));
    awaitRegistration(dataNodes.get(number));
  }

  private ChildProcess dataNode(int number) {
    return server(
        "datanode-" + number,
        "org.apache.hadoop.hdfs.server.datanode.DataNode",
        "-D",
        "dfs.datanode.data.dir=" + folder.resolve("blocks-" + number));
  }

  private static void awaitRegistration(ChildProcess dataNode) {
    dataNode.await("successfully registered with NN");
  }

  /** The folder for HADOOP_CONF_DIR. */
  public Path settings() {
    return folder.resolve("conf");
  }

  /** The beginning of its paths. */
  public String uri() {
    return "hdfs://" + address;
  }

  /** The DataNodes, killed ones included. */
  public List<ChildProcess> dataNodes() {
    return List.copyOf(dataNodes);
  }

  /** Copies a file or folder from this machine. */
  public String put(Path local, String path) {
    try (FileSystem system = connect()) {
      system.copyFromLocalFile(
          new org.apache.hadoop.fs.Path(local.toUri()), new org.apache.hadoop.fs.Path(path));
      return uri() + path;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Copies a file or folder to this machine. */
  public Path fetch(String path, Path local) {
    try (FileSystem system = connect()) {
      system.copyToLocalFile(
          false,
          new org.apache.hadoop.fs.Path(path),
          new org.apache.hadoop.fs.Path(local.toUri()),
          true);
      return local;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether there is a file or folder. */
  public boolean exists(String path) {
    try (FileSystem system = connect()) {
      return system.exists(new org.apache.hadoop.fs.Path(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The names in a folder, in order. */
  public List<String> names(String path) {
    try (FileSystem system = connect()) {
      return List.of(system.listStatus(new org.apache.hadoop.fs.Path(path))).stream()
          .map(status -> status.getPath().getName())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private FileSystem connect() throws IOException {
    Configuration configuration = new Configuration();
    configuration.setInt("dfs.replication", replication);
    return FileSystem.newInstance(URI.create(uri()), configuration);
  }

  private ChildProcess server(String name, String type, String... arguments) {
    return HadoopServer.start(settings(), folder.resolve(name + ".log"), type, arguments);
  }

  @Override
  public void close() {
    dataNodes.forEach(ChildProcess::close);
    nameNode.close();
  }
}
