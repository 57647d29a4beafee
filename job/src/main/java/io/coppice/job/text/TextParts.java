package io.coppice.job.text;

import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;

/** Cuts files into parts, and groups parts into tasks of about the same work. */
public final class TextParts {
  /** Hadoop's own setting for the most bytes of a part. */
  static final String LARGEST = "mapreduce.input.fileinputformat.split.maxsize";

  private static final long LARGEST_BYTES = 128L << 20;
  private static final long SMALLEST_BYTES = 4L << 20;

  /** Cost of opening a file, in bytes that could be read in the same time. */
  private static final long OPENING_BYTES = 256L << 10;

  private TextParts() {}

  /**
   * The parts of all files, in the order of files and places, grouped by task.
   *
   * @param parallelism tasks that run at a time
   * @return for each task its parts, as {@link TextPart#read} takes them
   */
  public static List<byte[]> tasks(TextFiles files, int parallelism, Configuration hadoop) {
    long all = files.files().stream().mapToLong(file -> OPENING_BYTES + file.length()).sum();
    long even = Math.max(SMALLEST_BYTES, all / Math.max(1, parallelism));
    long largest = Math.max(1, hadoop.getLong(LARGEST, LARGEST_BYTES));
    return group(cut(files, Math.min(largest, even)), Math.min(largest, even)).stream()
        .map(TextPart::toBytes)
        .toList();
  }

  static List<TextPart> cut(TextFiles files, long largest) {
    List<TextPart> parts = new ArrayList<>();
    for (ListedFile file : files.files()) {
      long length = file.length();
      // Even pieces, so that the last one is not a crumb.
      long pieces = file.isDivisible() ? Math.max(1, (length + largest - 1) / largest) : 1;
      for (long piece = 0; piece < pieces; piece++) {
        long begin = share(length, piece, pieces);
        long end = share(length, piece + 1, pieces);
        parts.add(new TextPart(file.name(), length, file.format(), file.compression(), begin, end));
      }
    }
    return parts;
  }

  /** length · piece ÷ pieces, without overflow. */
  private static long share(long length, long piece, long pieces) {
    return length / pieces * piece + length % pieces * piece / pieces;
  }

  private static List<List<TextPart>> group(List<TextPart> parts, long largest) {
    List<List<TextPart>> groups = new ArrayList<>();
    long bytes = 0;
    for (TextPart part : parts) {
      long more = part.end() - part.begin() + OPENING_BYTES;
      if (groups.isEmpty() || bytes + more > largest + OPENING_BYTES) {
        groups.add(new ArrayList<>());
        bytes = 0;
      }
      groups.get(groups.size() - 1).add(part);
      bytes += more;
    }
    return groups;
  }
}
