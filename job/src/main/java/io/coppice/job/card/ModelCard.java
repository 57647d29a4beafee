package io.coppice.job.card;

import io.coppice.job.record.RunRecord;
import io.coppice.storage.AtomicFile;
import io.coppice.storage.Storage;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The model card, {@code README.md}, of a pruned checkpoint: the dense model's, with its text and
 * metadata, and a section on the run at its end. The section of an earlier run is replaced.
 *
 * <p>The dense model's card may hold anything; what cannot be understood stays as it is, and a
 * warning says so.
 */
public final class ModelCard {
  private static final Logger LOG = LoggerFactory.getLogger(ModelCard.class);
  private static final String NAME = "README.md";
  private static final int LONGEST = 4 << 20;

  private ModelCard() {}

  /**
   * Writes the card of a model whose record is whole, in the place of the copied one.
   *
   * @param model folder of the pruned checkpoint, to which the dense model's card was copied if it
   *     has one
   * @param dense folder of the dense checkpoint
   * @throws java.io.UncheckedIOException if the file system fails
   */
  public static void write(Path model, Path dense, Configuration hadoop) {
    RunRecord record = RunRecord.read(model, hadoop);
    Path card = new Path(model, NAME);
    FileSystem system = Storage.of(card, hadoop);
    long length = Storage.status(system, card).map(FileStatus::getLen).orElse(0L);
    String name = Shown.model(dense.toUri().getPath());
    if (length > LONGEST) {
      LOG.warn(
          "{} of the dense model is longer than 4 MiB; it is kept as it is, and only a section is added",
          NAME);
      append(card, new RunSection(record, name, List.of(), true), hadoop);
      return;
    }
    byte[] content = length == 0 ? new byte[0] : Storage.readSmall(system, card, LONGEST);
    AtomicFile.write(card, card(record, name, content), hadoop);
  }

  /**
   * The content of a card.
   *
   * @param model name of the dense model
   * @param content of its card; empty if it has none
   */
  static byte[] card(RunRecord record, String model, byte[] content) {
    CardText present = CardText.of(content);
    FrontMatter metadata = present.metadata().orElseGet(FrontMatter::none);
    Optional<FrontMatter> pruned =
        present.readable() ? metadata.pruned(model, tags(record)) : Optional.empty();
    CardText kept = pruned.isPresent() ? present : present.asText(content);
    if (pruned.isEmpty()) {
      LOG.warn(
          "The metadata at the head of the dense model's {} cannot be read; it is kept as it is, and only"
              + " a section is added",
          NAME);
    }
    RunSection section =
        new RunSection(
            record,
            model,
            pruned.isPresent() ? metadata.baseModels() : List.of(),
            !kept.text().isBlank());
    return kept.with(pruned, section.text());
  }

  /**
   * Takes the step that packed weights need out of a card, since the weights are unpacked now.
   *
   * @param model folder of the unpacked checkpoint, to which the archive's card was copied if it
   *     has one
   * @throws java.io.UncheckedIOException if the file system fails
   */
  public static void unpacked(Path model, Configuration hadoop) {
    Path card = new Path(model, NAME);
    FileSystem system = Storage.of(card, hadoop);
    long length = Storage.status(system, card).map(FileStatus::getLen).orElse(0L);
    if (length == 0 || length > LONGEST) {
      return;
    }
    byte[] content = Storage.readSmall(system, card, LONGEST);
    byte[] without = CardText.without(content, RunSection.UNPACKING);
    if (without.length < content.length) {
      AtomicFile.write(card, without, hadoop);
    }
  }

  private static List<String> tags(RunRecord record) {
    return List.of("pruned", "sparse", "coppice", record.option("pattern"));
  }

  private static void append(Path card, RunSection section, Configuration hadoop) {
    try (InputStream in = Storage.of(card, hadoop).open(card);
        AtomicFile file = AtomicFile.create(card, hadoop)) {
      in.transferTo(file.stream());
      byte[] added = CardText.of(new byte[0]).with(Optional.empty(), section.text());
      file.write(new byte[] {'\n', '\n'}, 0, 2);
      file.write(added, 0, added.length);
      file.commit();
    } catch (IOException e) {
      throw Storage.cannot("copy", card, e);
    }
  }
}
