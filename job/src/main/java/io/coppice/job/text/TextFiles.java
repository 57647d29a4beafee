package io.coppice.job.text;

import io.coppice.failure.UsageException;
import io.coppice.job.work.FileStamp;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files that a user's text locations stand for, in the order of their paths, each once.
 *
 * <p>A location is a file, a folder (taken with all below it) or a glob, on any Hadoop file system.
 * In folders and by globs, hidden files (names that begin with {@code _} or {@code .}) are left
 * out, and so are files whose ending is not a text format's; who names one, or begins a glob's
 * component with that character, gets it.
 */
public final class TextFiles {
  private static final Logger LOG = LoggerFactory.getLogger(TextFiles.class);

  private final List<ListedFile> files;
  private final LeftOut leftOut;
  private final int repeated;

  private TextFiles(List<ListedFile> files, LeftOut leftOut, int repeated) {
    this.files = files;
    this.leftOut = leftOut;
    this.repeated = repeated;
  }

  /**
   * Finds the files.
   *
   * @throws UsageException if a location does not exist or holds no text file
   */
  public static TextFiles find(List<String> locations, Configuration hadoop) {
    SortedMap<String, ListedFile> all = new TreeMap<>();
    LeftOut leftOut = new LeftOut();
    int named = 0;
    for (String location : locations) {
      LocationSearch found = LocationSearch.find(location, hadoop);
      leftOut.addAll(found.leftOut());
      named += found.files().size();
      all.putAll(found.files());
    }
    return new TextFiles(List.copyOf(all.values()), leftOut, named - all.size());
  }

  /** Number, sizes and dates of the files. */
  public FileStamp stamp() {
    return FileStamp.of(files.stream().map(ListedFile::status).toList());
  }

  /**
   * Warns the user of files that are not read, and of files that were given twice but are read
   * once.
   */
  public void report() {
    if (!leftOut.isEmpty()) {
      LOG.warn("Not read as text: {}", leftOut);
    }
    if (repeated > 0) {
      LOG.warn(
          "{} of the text files are named by more than one location; each is read once", repeated);
    }
  }

  List<ListedFile> files() {
    return files;
  }
}
