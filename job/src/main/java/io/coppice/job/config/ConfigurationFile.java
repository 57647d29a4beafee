package io.coppice.job.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import io.coppice.failure.UsageException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * A HOCON file whose keys are the command line's options without their dashes.
 *
 * @param name the path, for messages
 * @param values each key's value as written
 */
public record ConfigurationFile(String name, Map<String, Value> values) {

  /** What a key holds. */
  public sealed interface Value {
    /** A plain value. */
    record Plain(String text) implements Value {}

    /** A list of plain values. */
    record Many(List<String> texts) implements Value {
      public Many {
        texts = List.copyOf(texts);
      }
    }

    /**
     * An object.
     *
     * @param texts {@code name=value}, in the order of the file's lines and within a line by name;
     *     names of nested objects are joined by dots
     */
    record Named(List<String> texts) implements Value {
      public Named {
        texts = List.copyOf(texts);
      }
    }
  }

  /**
   * Reads a file; a local one where it exists, else one on Hadoop's file systems.
   *
   * @throws UsageException if it is missing, not HOCON, or holds anything but plain values, lists
   *     and objects of them
   */
  public static ConfigurationFile read(String file, Configuration hadoop) {
    try (Reader reader = open(file, hadoop)) {
      ConfigParseOptions options = ConfigParseOptions.defaults().setOriginDescription(file);
      Config config = ConfigFactory.parseReader(reader, options).resolve();
      Map<String, Value> values = new LinkedHashMap<>();
      config.root().forEach((key, value) -> values.put(key, value(file, key, value)));
      return new ConfigurationFile(file, values);
    } catch (ConfigException e) {
      throw new UsageException("Cannot read the configuration file: " + e.getMessage(), e);
    } catch (FileNotFoundException e) {
      throw new UsageException(
          "The configuration file %s does not exist; give an existing one with --config"
              .formatted(file),
          e);
    } catch (IOException e) {
      throw new UsageException(
          "Cannot read the configuration file %s: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static Reader open(String file, Configuration hadoop) throws IOException {
    java.nio.file.Path local = java.nio.file.Path.of(file);
    if (Files.isRegularFile(local)) {
      return Files.newBufferedReader(local);
    }
    Path path = new Path(file);
    return new InputStreamReader(path.getFileSystem(hadoop).open(path), StandardCharsets.UTF_8);
  }

  private static Value value(String file, String key, ConfigValue value) {
    if (value instanceof ConfigList list) {
      return new Value.Many(list.stream().map(element -> text(file, key, element)).toList());
    }
    if (value instanceof ConfigObject object) {
      return new Value.Named(
          object.toConfig().entrySet().stream()
              .sorted(
                  Comparator.<Map.Entry<String, ConfigValue>>comparingInt(
                          entry -> entry.getValue().origin().lineNumber())
                      .thenComparing(Map.Entry::getKey))
              .map(entry -> name(entry.getKey()) + "=" + text(file, key, entry.getValue()))
              .toList());
    }
    return new Value.Plain(text(file, key, value));
  }

  /** A path without its quotes. */
  private static String name(String path) {
    return String.join(".", ConfigUtil.splitPath(path));
  }

  private static String text(String file, String key, ConfigValue value) {
    return switch (value.valueType()) {
      case STRING, NUMBER, BOOLEAN -> value.atKey("value").getString("value");
      case OBJECT, LIST, NULL ->
          throw new UsageException(
              "The key %s in %s must hold plain values, not %s"
                  .formatted(key, file, value.render()));
    };
  }
}
