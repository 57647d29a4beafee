package io.coppice.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * A piece of a novel, the unit of the demo's texts.
 *
 * @param source its place: {@code novel/chapter/passage}, counted from 1
 * @param text its paragraphs, one per line
 */
public record Passage(String source, String text) {

  /** Reads gzipped JSON lines with the fields {@code source} and {@code text}. */
  public static List<Passage> readAll(Path file) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    List<Passage> passages = new ArrayList<>();
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        JsonNode json = mapper.readTree(line);
        passages.add(new Passage(json.get("source").asText(), json.get("text").asText()));
      }
    }
    return passages;
  }

  /** Writes what {@link #readAll} reads; the same passages give the same bytes. */
  public static void writeAll(Path file, List<Passage> passages) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    ObjectMapper mapper = new ObjectMapper();
    try (OutputStream output = new SmallestGzip(Files.newOutputStream(file))) {
      for (Passage passage : passages) {
        output.write(mapper.writeValueAsBytes(passage));
        output.write('\n');
      }
    }
  }

  /** Java's gzip stream writes no time stamp, but its level can only be set from a subclass. */
  private static final class SmallestGzip extends GZIPOutputStream {
    SmallestGzip(OutputStream output) throws IOException {
      super(output, 1 << 16);
      def.setLevel(Deflater.BEST_COMPRESSION);
    }
  }
}
