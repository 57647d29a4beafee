package io.coppice.job.text;

import io.coppice.checkpoint.GitLfsPointer;
import io.coppice.failure.InvalidDataException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;

/** Recognises by its first bytes a file that is not what its name says. */
final class FirstBytes {
  private static final int COUNT = 64;

  private static final byte[] GZIP = HexFormat.of().parseHex("1f8b");
  private static final byte[] BZIP2 = "BZh".getBytes(StandardCharsets.US_ASCII);

  /** Beginnings that no UTF-8 text has, or none that is meant as text. */
  private static final Map<String, byte[]> OTHERS =
      Map.of(
          "a Zstandard file; compress it with gzip or bzip2, or not at all",
          HexFormat.of().parseHex("28b52ffd"),
          "an xz file; compress it with gzip or bzip2, or not at all",
          HexFormat.of().parseHex("fd377a585a00"),
          "a zip file; unpack it",
          HexFormat.of().parseHex("504b0304"),
          "a Parquet file; let its name end in .parquet",
          "PAR1".getBytes(StandardCharsets.US_ASCII));

  private final byte[] bytes;

  private FirstBytes(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Looks at what a stream gives next, and leaves it there. */
  static FirstBytes of(BufferedInputStream stream) {
    try {
      stream.mark(COUNT);
      byte[] bytes = stream.readNBytes(COUNT);
      stream.reset();
      return new FirstBytes(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Fails unless this may be the beginning of UTF-8. */
  void requireText() {
    requireContent();
    if (begins(GZIP)) {
      throw new InvalidDataException("it is a gzip file; let its name end in .gz");
    }
    if (begins(BZIP2) && bytes.length > 9 && bytes[4] == 0x31 && bytes[5] == 0x41) {
      throw new InvalidDataException("it is a bzip2 file; let its name end in .bz2");
    }
    OTHERS.forEach(
        (name, magic) -> {
          if (begins(magic)) {
            throw new InvalidDataException("it is " + name);
          }
        });
    if (isUtf16()) {
      throw new InvalidDataException(
          "it is UTF-16, and UTF-8 was expected; convert it (iconv -f UTF-16 -t UTF-8)");
    }
  }

  /** Fails unless this is the beginning of a file with that compression. */
  void requireCompressed(Compression compression) {
    requireContent();
    if (!begins(compression == Compression.GZIP ? GZIP : BZIP2)) {
      throw new InvalidDataException(
          "its name ends in %s, but it is not a %s file; %s"
              .formatted(
                  compression.ending(),
                  compression.label(),
                  bytes.length == 0 ? "it is empty" : "give it the name of what it is"));
    }
  }

  /** Fails if the file is only a pointer to another one. */
  void requireContent() {
    if (GitLfsPointer.is(bytes)) {
      throw new InvalidDataException(
          "it is a Git LFS pointer instead of the file itself; fetch it with 'git lfs pull', or download it again");
    }
  }

  private boolean begins(byte[] magic) {
    return bytes.length >= magic.length
        && Arrays.equals(bytes, 0, magic.length, magic, 0, magic.length);
  }

  /** A mark, or zeros in every other place. */
  private boolean isUtf16() {
    if (bytes.length < 2) {
      return false;
    }
    boolean marked =
        (bytes[0] == (byte) 0xff && bytes[1] == (byte) 0xfe)
            || (bytes[0] == (byte) 0xfe && bytes[1] == (byte) 0xff);
    boolean alternating =
        bytes.length >= 4
            && (bytes[0] == 0) != (bytes[1] == 0)
            && (bytes[0] == 0) == (bytes[2] == 0)
            && (bytes[1] == 0) == (bytes[3] == 0);
    return marked || alternating;
  }
}
