package io.coppice.storage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * A small file of JSON that Coppice itself writes, as {@link Json} has it. It appears whole or not
 * at all, and one that cannot be read counts as not there.
 */
public final class JsonFile {
  /** Many times as long as any that is written. */
  private static final int LONGEST = 64 << 20;

  private JsonFile() {}

  /** Writes a record on one line, in the place of an older file. */
  public static void write(Path file, Record value, Configuration hadoop) {
    AtomicFile.write(file, Json.text(value), hadoop);
  }

  /** Writes an object for people to read, indented, with a line feed at its end. */
  public static void write(Path file, ObjectNode value, Configuration hadoop) {
    AtomicFile.write(file, Json.indented(value) + "\n", hadoop);
  }

  /**
   * Reads a record; empty where there is no such file, or it is truncated, longer than any that is
   * written, or of another version.
   *
   * @throws java.io.UncheckedIOException if the file system fails
   */
  public static <R extends Record> Optional<R> read(
      Path file, Class<R> type, Configuration hadoop) {
    return readValue(file, type, hadoop);
  }

  /** Reads any value, as {@link #read} does. */
  public static Optional<JsonNode> readTree(Path file, Configuration hadoop) {
    return readValue(file, JsonNode.class, hadoop);
  }

  private static <T> Optional<T> readValue(Path file, Class<T> type, Configuration hadoop) {
    // The file may be replaced at any time, so its length is known only when it is read.
    try (InputStream in = Storage.of(file, hadoop).open(file)) {
      byte[] content = in.readNBytes(LONGEST + 1);
      return content.length > LONGEST
          ? Optional.empty()
          : Optional.ofNullable(Json.parse(content, type));
    } catch (FileNotFoundException | JsonProcessingException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw Storage.cannot("read", file, e);
    }
  }
}
