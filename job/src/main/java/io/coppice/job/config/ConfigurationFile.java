package io.coppice.job.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import io.coppice.failure.UsageException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * A HOCON file whose keys are the command line's options without their dashes.
 *
 * @param name the path, for messages
 * @param values each key's values as written; one, or those of a list
 */
public record ConfigurationFile(String name, Map<String, List<String>> values) {
  /**
   * Reads a file; a local one where it exists, else one on Hadoop's file systems.
   *
   * @throws UsageException if it is missing, not HOCON, or holds anything but plain values and
   *     lists of them
   */
  public static ConfigurationFile read(String file, Configuration hadoop) {
    try (Reader reader = open(file, hadoop)) {
      ConfigParseOptions options = ConfigParseOptions.defaults().setOriginDescription(file);
      Config config = ConfigFactory.parseReader(reader, options).resolve();
      Map<String, List<String>> values = new LinkedHashMap<>();
      config.root().forEach((key, value) -> values.put(key, texts(file, key, value)));
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

  private static List<String> texts(String file, String key, ConfigValue value) {
    if (value.valueType() == ConfigValueType.LIST) {
      List<String> texts = new ArrayList<>();
      for (ConfigValue element : (com.typesafe.config.ConfigList) value) {
        texts.add(text(file, key, element));
      }
      return List.copyOf(texts);
    }
    return List.of(text(file, key, value));
  }

  private static String text(String file, String key, ConfigValue value) {
    return switch (value.valueType()) {
      case STRING, NUMBER, BOOLEAN -> value.atKey("value").getString("value");
      case OBJECT, LIST, NULL ->
          throw new UsageException(
              "The key %s in %s must hold a plain value or a list of them, not %s"
                  .formatted(key, file, value.render()));
    };
  }
}
