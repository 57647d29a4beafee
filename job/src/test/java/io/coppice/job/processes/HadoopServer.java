package io.coppice.job.processes;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Starts a server of Hadoop: a class with a folder of settings. */
final class HadoopServer {
  private static final String LOGGING =
      """
      log4j.rootLogger=INFO, console
      log4j.appender.console=org.apache.log4j.ConsoleAppender
      log4j.appender.console.layout=org.apache.log4j.PatternLayout
      log4j.appender.console.layout.ConversionPattern=%d{HH:mm:ss} %p %c{1}: %m%n
      """;

  private HadoopServer() {}

  /**
   * Starts a server.
   *
   * @param settings the folder of {@code core-site.xml} and the like
   */
  static ChildProcess start(Path settings, Path log, String type, String... arguments) {
    String jars =
        MavenClassPath.jars(MavenClassPath.list("hadoop", "hadoop.xml")).stream()
            .map(Path::toString)
            .collect(Collectors.joining(":"));
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-Xmx512m",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "-cp",
                settings + ":" + jars,
                type));
    command.addAll(List.of(arguments));
    return ChildProcess.start(log, Map.of("HADOOP_CONF_DIR", settings.toString()), command);
  }

  /** Writes settings the way Hadoop reads them, with the servers' logging beside them. */
  static void write(Path file, Map<String, String> settings) {
    String properties =
        settings.entrySet().stream()
            .map(
                setting ->
                    "<property><name>%s</name><value>%s</value></property>\n"
                        .formatted(setting.getKey(), setting.getValue()))
            .sorted()
            .collect(Collectors.joining());
    try {
      Files.createDirectories(file.getParent());
      Files.writeString(file, "<configuration>\n" + properties + "</configuration>\n");
      Files.writeString(file.resolveSibling("log4j.properties"), LOGGING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An address on loopback that nobody listens on now. */
  static String freeAddress() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return "127.0.0.1:" + socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
