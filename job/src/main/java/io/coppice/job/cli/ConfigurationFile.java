package io.coppice.job.cli;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigIncluderClasspath;
import com.typesafe.config.ConfigIncluderFile;
import com.typesafe.config.ConfigIncluderURL;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import io.coppice.failure.UsageException;
import io.coppice.failure.Words;
import io.coppice.storage.Storage;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
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
 * <p>The file stands alone: it can include no other file, nor substitute one value into another. So
 * all that it says is on its own lines, and reading it reads nothing else.
 *
 * @param name path of the file, for messages
 * @param values value of each key, as written
 */
public record ConfigurationFile(String name, Map<String, Value> values) {
  private static final int LONGEST = 1 << 18;
  // The parser's time and memory grow with the square of the dots in a key.
  private static final int LONGEST_LINE = 1 << 10;
  private static final int LONGEST_MESSAGE = 500;

  /** The value of a key. */
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
     * @param texts {@code name=value} of each member, in the order of the file's lines and within a
     *     line by name; names of nested objects are joined by dots
     */
    record Named(List<String> texts) implements Value {
      public Named {
        texts = List.copyOf(texts);
      }
    }
  }

  /**
   * Reads a file: a local one if it exists, else one on Hadoop's file systems.
   *
   * @throws UsageException if it is missing, longer than 256 KiB, not HOCON, or holds anything but
   *     plain values, lists and objects of them
   */
  public static ConfigurationFile read(String file, Configuration hadoop) {
    try {
      return parse(file, content(file, hadoop));
    } catch (ConfigException e) {
      throw new UsageException(
          "Cannot read the configuration file: " + Words.line(e.getMessage(), LONGEST_MESSAGE), e);
    } catch (StackOverflowError e) {
      throw new UsageException(
          "Cannot read the configuration file %s: it is nested too deep".formatted(file), e);
    } catch (FileNotFoundException e) {
      throw new UsageException(
          "The configuration file %s does not exist; give an existing one with --config"
              .formatted(file),
          e);
    } catch (CharacterCodingException e) {
      throw new UsageException(
          "Cannot read the configuration file %s: it is not UTF-8".formatted(file), e);
    } catch (IOException | IllegalArgumentException e) {
      throw new UsageException(
          "Cannot read the configuration file %s: %s"
              .formatted(file, Words.line(String.valueOf(e.getMessage()))),
          e);
    }
  }

  private static ConfigurationFile parse(String file, String content) {
    if (content.lines().anyMatch(line -> line.length() > LONGEST_LINE)) {
      throw new UsageException(
          "The configuration file %s has a line of more than %d characters; break it"
              .formatted(file, LONGEST_LINE));
    }
    ConfigParseOptions options =
        ConfigParseOptions.defaults()
            .setOriginDescription(file)
            .setSyntax(ConfigSyntax.CONF)
            .setIncluder(new NoIncludes(file));
    Config config = ConfigFactory.parseString(content, options);
    if (!config.isResolved()) {
      throw new UsageException(
          "The configuration file %s has a substitution, ${...}; write the value itself"
              .formatted(file));
    }
    Map<String, Value> values = new LinkedHashMap<>();
    config.root().forEach((key, value) -> values.put(key, value(file, key, value)));
    return new ConfigurationFile(file, values);
  }

  private static String content(String file, Configuration hadoop) throws IOException {
    try (InputStream in = open(file, hadoop)) {
      byte[] content = in.readNBytes(LONGEST + 1);
      if (content.length > LONGEST) {
        throw new UsageException(
            "The configuration file %s is longer than 256 KiB; it is not what its name says"
                .formatted(file));
      }
      // A fresh decoder reports what is not UTF-8 instead of replacing it.
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
    }
  }

  private static InputStream open(String file, Configuration hadoop) throws IOException {
    Path path = Storage.path(file);
    java.nio.file.Path local = java.nio.file.Path.of(file);
    if (Files.isRegularFile(local)) {
      return Files.newInputStream(local);
    }
    try {
      return Storage.of(path, hadoop).open(path);
    } catch (RuntimeException e) {
      // Thus Hadoop reports that the classes of a file system are missing.
      throw new IOException(e.getMessage(), e);
    }
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
                  .formatted(Words.line(key), file, Words.line(value.render())));
    };
  }

  /**
   * Refuses every {@code include}, whether of a file, a URL or a resource.
   *
   * @param file the file that includes another, for messages
   */
  private record NoIncludes(String file)
      implements ConfigIncluder, ConfigIncluderFile, ConfigIncluderURL, ConfigIncluderClasspath {

    @Override
    public ConfigIncluder withFallback(ConfigIncluder fallback) {
      return this;
    }

    @Override
    public ConfigObject include(ConfigIncludeContext context, String what) {
      throw refused(what);
    }

    @Override
    public ConfigObject includeFile(ConfigIncludeContext context, File what) {
      throw refused(what.toString());
    }

    @Override
    public ConfigObject includeURL(ConfigIncludeContext context, URL what) {
      throw refused(what.toString());
    }

    @Override
    public ConfigObject includeResources(ConfigIncludeContext context, String what) {
      throw refused(what);
    }

    private UsageException refused(String what) {
      return new UsageException(
          "The configuration file %s includes %s; write all keys into one file"
              .formatted(file, Words.quote(what)));
    }
  }
}
