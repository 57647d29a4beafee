package io.coppice.checkpoint;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import io.coppice.failure.Words;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.apache.hadoop.fs.Path;

/**
 * The zip archive that torch.save writes since PyTorch 1.6: one folder with {@code data.pkl}, the
 * storages in {@code data/}, uncompressed, and small texts about the format. Only the archive's
 * directory and {@code data.pkl} are read.
 */
final class TorchArchive {
  static final String FORMAT = "file of PyTorch weights";
  static final String REMEDY =
      "if you trust it, convert the model to safetensors (transformers: save_pretrained)";

  private static final String PICKLE = "data.pkl";
  private static final byte[] ZIP = {'P', 'K', 3, 4};
  private static final int LONGEST_TEXT = 64;
  private static final int NEWEST_VERSION = 10;
  private static final int TAR_MAGIC = 257;

  private final RangedInput in;
  private final Map<String, ZipArchiveEntry> entries;
  private final String folder;

  private TorchArchive(RangedInput in, Map<String, ZipArchiveEntry> entries, String folder) {
    this.in = in;
    this.entries = entries;
    this.folder = folder;
  }

  /**
   * The place of a storage in the file.
   *
   * @param begin the position of its first byte
   * @param bytes its length
   */
  record ByteRange(long begin, long bytes) {}

  /**
   * Reads an archive's directory.
   *
   * @throws InvalidDataException if it is another kind of file, damaged, of a version that is not
   *     known, or not little-endian
   */
  static TorchArchive read(RangedInput in) {
    requireZip(in);
    Map<String, ZipArchiveEntry> entries = directory(in);
    TorchArchive archive = new TorchArchive(in, entries, folder(in.path(), entries));
    archive.requireKnownVersion();
    archive.requireLittleEndian();
    return archive;
  }

  /** The description of the tensors. */
  byte[] pickle() {
    ByteRange piece =
        piece(PICKLE).orElseThrow(() -> new IllegalStateException("The folder is known by it"));
    if (piece.bytes() > PickleReader.LONGEST) {
      throw invalid(
          "has a data.pkl of %d bytes, but it may have at most %d",
          piece.bytes(), PickleReader.LONGEST);
    }
    return bytes(piece);
  }

  /** The storage of a key, if the archive has it. */
  Optional<ByteRange> storage(String key) {
    return piece("data/" + key);
  }

  private Optional<ByteRange> piece(String name) {
    return Optional.ofNullable(entries.get(folder + name)).map(this::piece);
  }

  private ByteRange piece(ZipArchiveEntry entry) {
    if (entry.getMethod() != ZipArchiveEntry.STORED
        || entry.getGeneralPurposeBit().usesEncryption()) {
      throw invalid(
          "has %s compressed or encrypted, which torch.save never does; %s",
          Words.quote(entry.getName()), REMEDY);
    }
    long begin = entry.getDataOffset();
    long bytes = entry.getSize();
    if (bytes != entry.getCompressedSize()
        || begin < 0
        || bytes < 0
        || bytes > in.length() - begin) {
      throw invalid(
          "is broken: %s does not lie within its %d bytes; copy it again",
          Words.quote(entry.getName()), in.length());
    }
    return new ByteRange(begin, bytes);
  }

  private void requireKnownVersion() {
    String version = text("version").orElse("missing");
    if (!version.matches("[0-9]{1,2}") || Integer.parseInt(version) > NEWEST_VERSION) {
      throw invalid(
          "has the format version %s, but 1 to %d are known; %s",
          Words.quote(version), NEWEST_VERSION, REMEDY);
    }
  }

  private void requireLittleEndian() {
    String order = text("byteorder").orElse("little");
    if (!order.equals("little")) {
      throw invalid(
          "says that its byte order is %s, but only little is read; %s",
          Words.quote(order), REMEDY);
    }
  }

  private Optional<String> text(String name) {
    return piece(name)
        .map(
            piece ->
                piece.bytes() > LONGEST_TEXT
                    ? "too long"
                    : new String(bytes(piece), StandardCharsets.UTF_8).strip());
  }

  private byte[] bytes(ByteRange piece) {
    byte[] bytes = new byte[Math.toIntExact(piece.bytes())];
    in.read(piece.begin(), bytes, bytes.length);
    return bytes;
  }

  private InvalidDataException invalid(String what, Object... arguments) {
    return invalid(in.path(), what, arguments);
  }

  private static InvalidDataException invalid(Path file, String what, Object... arguments) {
    return new InvalidDataException(file + " " + what.formatted(arguments));
  }

  private static void requireZip(RangedInput in) {
    byte[] start = new byte[(int) Math.min(in.length(), TAR_MAGIC + 5)];
    in.read(0, start, start.length);
    if (startsWith(start, 0, ZIP)) {
      return;
    }
    if (GitLfsPointer.is(start)) {
      throw GitLfsPointer.refusal(in.path().toString());
    }
    boolean pickle = start.length > 1 && start[0] == (byte) 0x80 && start[1] <= 5;
    boolean tar = startsWith(start, TAR_MAGIC, new byte[] {'u', 's', 't', 'a', 'r'});
    if (pickle || tar) {
      throw invalid(
          in.path(),
          "is in the format that PyTorch wrote before version 1.6, which is not read; %s",
          REMEDY);
    }
    throw invalid(
        in.path(),
        "is not a %s: it is not a zip archive; fetch or convert the model again",
        FORMAT);
  }

  private static boolean startsWith(byte[] bytes, int offset, byte[] magic) {
    return bytes.length >= offset + magic.length
        && ByteBuffer.wrap(bytes, offset, magic.length).equals(ByteBuffer.wrap(magic));
  }

  private static Map<String, ZipArchiveEntry> directory(RangedInput in) {
    Map<String, ZipArchiveEntry> entries = new HashMap<>();
    try (ZipFile zip =
        new ZipFile(
            new ArchiveChannel(in), "archive", StandardCharsets.UTF_8.name(), false, false)) {
      for (ZipArchiveEntry entry : Collections.list(zip.getEntries())) {
        if (entries.put(entry.getName(), entry) != null) {
          throw invalid(in.path(), "is broken: it has %s twice", Words.quote(entry.getName()));
        }
      }
    } catch (InvalidDataException | UsageException | UncheckedIOException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // The library's message about a damaged archive is of use only to its programmers.
      throw new InvalidDataException(
          in.path() + " is not a complete zip archive; it is truncated or damaged, copy it again",
          e);
    }
    return entries;
  }

  private static String folder(Path file, Map<String, ZipArchiveEntry> entries) {
    List<String> folders =
        entries.keySet().stream()
            .filter(name -> name.endsWith("/" + PICKLE))
            .map(name -> name.substring(0, name.length() - PICKLE.length()))
            .filter(folder -> folder.indexOf('/') == folder.length() - 1)
            .toList();
    if (folders.size() != 1) {
      throw invalid(
          file, "is not a %s: it must hold one folder with a data.pkl; %s", FORMAT, REMEDY);
    }
    String folder = folders.get(0);
    if (entries.containsKey(folder + "constants.pkl")) {
      throw invalid(file, "is a TorchScript program, which is not read; %s", REMEDY);
    }
    return folder;
  }
}
