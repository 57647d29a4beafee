package io.coppice.benchmark;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.tensor.BlasProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.global.torch;

/** The table on standard output, and the same figures as JSON in a file. */
final class Report {
  private final Path file;
  private final List<RowResult> results = new ArrayList<>();

  Report(Path file) {
    this.file = file;
  }

  /** Adds a row, and writes all so far. */
  void add(RowResult result) {
    if (results.isEmpty()) {
      System.out.printf(
          "%s%nCoppice: %s%nlibtorch: %s%n%s%n",
          processor(), BlasProvider.blas().description(), libtorch(), RowResult.HEADING);
    }
    results.add(result);
    System.out.println(result.line());
    write();
  }

  private void write() {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    root.put("processor", processor());
    root.put("processors", Runtime.getRuntime().availableProcessors());
    root.put("coppice", BlasProvider.blas().description());
    root.put("libtorch", libtorch());
    ArrayNode rows = root.putArray("rows");
    results.forEach(result -> describe(result, rows.addObject()));
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      mapper.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), root);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void describe(RowResult result, ObjectNode node) {
    node.put("row", result.row().name());
    node.put("work", result.row().work());
    node.put("threads", result.row().threads());
    node.put("coppice_seconds", result.turns().ours());
    node.put("libtorch_seconds", result.turns().theirs());
    node.put("ratio", result.turns().ratio());
    node.put("rounds", result.turns().rounds());
    node.put("coppice_product_seconds", result.products().ours());
    node.put("libtorch_product_seconds", result.products().theirs());
    node.put("product_ratio", result.products().ratio());
    node.put("coppice_product_share", result.ourProductShare());
    node.put("libtorch_product_share", result.theirProductShare());
    node.put("largest_difference", result.difference());
    node.put("libtorch_blas_threads", result.circumstances().blasThreads());
    node.put("load", result.circumstances().load());
  }

  private static String libtorch() {
    String config = torch.show_config().getString();
    String version = config.replaceAll("(?s).*TORCH_VERSION=([^,]*),.*", "$1");
    String blas = config.replaceAll("(?s).*BLAS_INFO=([^,]*),.*", "$1");
    return "%s, products by %s BLAS and oneDNN, kernels %s"
        .formatted(version, blas, torch.get_cpu_capability().getString());
  }

  private static String processor() {
    try {
      return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
  }
}
