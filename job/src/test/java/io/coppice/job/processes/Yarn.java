package io.coppice.job.processes;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A ResourceManager and a NodeManager, beside an HDFS. */
public final class Yarn implements AutoCloseable {
  private static final String SERVERS = "org.apache.hadoop.yarn.server.";

  private final Path folder;
  private final ChildProcess resourceManager;
  private final ChildProcess nodeManager;

  private Yarn(Path folder, Hdfs hdfs) {
    this.folder = folder;
    HadoopServer.write(hdfs.settings().resolve("yarn-site.xml"), settings());
    resourceManager =
        HadoopServer.start(
            hdfs.settings(),
            folder.resolve("resourcemanager.log"),
            SERVERS + "resourcemanager.ResourceManager");
    nodeManager =
        HadoopServer.start(
            hdfs.settings(),
            folder.resolve("nodemanager.log"),
            SERVERS + "nodemanager.NodeManager");
  }

  /**
   * Starts both, with their settings added to those of the file system.
   *
   * @param folder for their logs and files; made anew
   */
  public static Yarn start(Path folder, Hdfs hdfs) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Yarn yarn = new Yarn(folder, hdfs);
    try {
      yarn.nodeManager.await("Registered with ResourceManager");
      return yarn;
    } catch (RuntimeException | Error e) {
      yarn.close();
      throw e;
    }
  }

  private Map<String, String> settings() {
    Map<String, String> settings = new HashMap<>();
    for (String service : List.of("", "scheduler.", "resource-tracker.", "admin.", "webapp.")) {
      settings.put("yarn.resourcemanager." + service + "address", HadoopServer.freeAddress());
    }
    for (String service : List.of("", "localizer.", "webapp.")) {
      settings.put("yarn.nodemanager." + service + "address", "127.0.0.1:0");
    }
    settings.put("yarn.resourcemanager.scheduler.class", SERVERS + scheduler());
    settings.put("yarn.scheduler.minimum-allocation-mb", "256");
    settings.put("yarn.nodemanager.resource.memory-mb", "8192");
    settings.put("yarn.nodemanager.local-dirs", folder.resolve("local").toString());
    settings.put("yarn.nodemanager.log-dirs", folder.resolve("containers").toString());
    settings.put("yarn.nodemanager.disk-health-checker.enable", "false");
    settings.put("yarn.nodemanager.vmem-check-enabled", "false");
    return settings;
  }

  private static String scheduler() {
    return "resourcemanager.scheduler.fifo.FifoScheduler";
  }

  /** The logs of all programs on the cluster, those of drivers in cluster mode among them. */
  public String containerLogs() {
    try (Stream<Path> files = Files.walk(folder.resolve("containers"))) {
      return files
          .filter(Files::isRegularFile)
          .map(
              file -> {
                try {
                  return file + ":\n" + Files.readString(file);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              })
          .collect(Collectors.joining("\n"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    nodeManager.close();
    resourceManager.close();
  }
}
