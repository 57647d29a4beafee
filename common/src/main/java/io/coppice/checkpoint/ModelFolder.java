package io.coppice.checkpoint;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import io.coppice.failure.Words;
import io.coppice.storage.Storage;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** A model's folder as Hugging Face keeps it, on any Hadoop file system, and its small files. */
public final class ModelFolder {
  static final String CONFIG = "config.json";
  private static final int LONGEST_CONFIG = 16 << 20;
  // Python writes NaN and Infinity into JSON, and transformers reads them.
  private static final ObjectReader JSON =
      JsonMapper.builder()
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .build()
          .readerFor(JsonNode.class)
          .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final FileSystem system;
  private final Path path;
  private final List<String> files;
  private final List<String> small;

  private ModelFolder(FileSystem system, Path path, List<FileStatus> files) {
    this.system = system;
    this.path = path;
    this.files = names(files.stream());
    this.small = names(files.stream().filter(file -> file.getLen() <= GitLfsPointer.LONGEST));
  }

  private static List<String> names(Stream<FileStatus> files) {
    return files.map(file -> file.getPath().getName()).sorted().toList();
  }

  /**
   * Opens a folder and lists its files.
   *
   * @throws UsageException if there is no such folder
   * @throws InvalidDataException if Coppice did not finish writing it
   */
  public static ModelFolder open(Path folder, Configuration hadoop) {
    ModelFolder opened = staged(folder, hadoop);
    Path path = opened.path();
    if (SuccessMark.isMissing(opened.system, path)) {
      throw new InvalidDataException(
          ("Model folder %s is not finished: it has no %s, which Coppice writes last; start the run "
                  + "that writes it again")
              .formatted(path, SuccessMark.in(path)));
    }
    return opened;
  }

  /** As {@link #open}, but the folder may be one that is still being written. */
  static ModelFolder staged(Path folder, Configuration hadoop) {
    FileSystem system = Storage.of(folder, hadoop);
    Path path = system.makeQualified(folder);
    Optional<FileStatus> status = Storage.status(system, path);
    if (status.isEmpty()) {
      throw new UsageException(
          "Model folder %s does not exist; give the folder that holds config.json and the weights"
              .formatted(path));
    }
    if (!status.get().isDirectory()) {
      throw new UsageException(
          "%s is a file, but a model is a folder that holds config.json and the weights"
              .formatted(path));
    }
    try {
      List<FileStatus> files =
          Storage.list(system, path).stream().filter(FileStatus::isFile).toList();
      return new ModelFolder(system, path, files);
    } catch (IOException e) {
      throw Storage.cannot("list", path, e);
    }
  }

  /** The folder's full path, with its file system. */
  public Path path() {
    return path;
  }

  /** The full path of a file that is, or could be, directly inside, for messages. */
  public String pathOf(String file) {
    return path + "/" + file;
  }

  /** The names of the files directly inside, in alphabetical order. */
  public List<String> files() {
    return files;
  }

  /** Whether there is a file of that name. */
  public boolean contains(String file) {
    return files.contains(file);
  }

  /**
   * The files that are only pointers of Git LFS; reads the files that are short enough to be one.
   */
  List<String> pointers() {
    return small.stream()
        .filter(
            file ->
                GitLfsPointer.is(
                    Storage.readSmall(system, Storage.child(path, file), GitLfsPointer.LONGEST)))
        .toList();
  }

  /**
   * The content of {@code config.json}.
   *
   * @throws InvalidDataException if it is missing or not a JSON object
   */
  public JsonNode config() {
    return json(CONFIG, LONGEST_CONFIG);
  }

  /**
   * The text of {@code config.json} without some of its keys, otherwise unchanged to the byte.
   *
   * @throws InvalidDataException if it is missing or not a JSON object in UTF-8
   */
  byte[] configWithout(Set<String> keys) {
    config();
    try {
      return JsonMembers.without(keys, read(CONFIG, LONGEST_CONFIG));
    } catch (IOException e) {
      throw new InvalidDataException(
          "%s cannot be written without %s: %s"
              .formatted(new Path(path, CONFIG), String.join(", ", keys), Storage.reason(e)),
          e);
    }
  }

  /**
   * The text of {@code config.json} with one more key at its end, otherwise unchanged to the byte.
   *
   * @throws InvalidDataException if it is missing or not a JSON object in UTF-8
   */
  byte[] configWith(String key, JsonNode value) {
    config();
    try {
      return JsonMembers.with(key, value, read(CONFIG, LONGEST_CONFIG));
    } catch (IOException e) {
      throw new InvalidDataException(
          "%s cannot be written with %s: %s"
              .formatted(new Path(path, CONFIG), key, Storage.reason(e)),
          e);
    }
  }

  /**
   * The whole content of a file.
   *
   * @throws InvalidDataException if it is missing, longer than {@code limit} bytes, or a Git LFS
   *     pointer
   */
  public byte[] read(String file, int limit) {
    if (!contains(file)) {
      throw new InvalidDataException(
          "Model folder %s has no %s; fetch the whole model again".formatted(path, file));
    }
    Path full = Storage.child(path, file);
    byte[] content = Storage.readSmall(system, full, limit);
    if (GitLfsPointer.is(content)) {
      throw GitLfsPointer.refusal(full.toString());
    }
    return content;
  }

  /**
   * The JSON object in a file. If a key occurs twice, its last value counts, as in Python.
   *
   * @throws InvalidDataException if it is missing, too long, or holds anything else
   */
  public JsonNode json(String file, int limit) {
    return parse(file, read(file, limit), JSON);
  }

  /** As {@link #json}, but a key that occurs twice is an error. */
  public JsonNode strictJson(String file, int limit) {
    return parse(
        file, read(file, limit), JSON.with(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY));
  }

  private JsonNode parse(String file, byte[] content, ObjectReader reader) {
    Path full = Storage.child(path, file);
    try {
      JsonNode node = reader.readTree(content);
      if (!node.isObject()) {
        throw new InvalidDataException("%s must hold a JSON object".formatted(full));
      }
      return node;
    } catch (JsonProcessingException e) {
      JsonLocation place = e.getLocation();
      throw new InvalidDataException(
          "%s is not valid JSON%s: %s"
              .formatted(
                  full,
                  place == null
                      ? ""
                      : " at line %d, column %d".formatted(place.getLineNr(), place.getColumnNr()),
                  Words.line(e.getOriginalMessage())),
          e);
    } catch (IOException e) {
      // It is all in memory, so only its characters can be unreadable.
      throw new InvalidDataException(
          "%s is not valid JSON: %s".formatted(full, Storage.reason(e)), e);
    }
  }
}
