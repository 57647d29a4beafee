package io.coppice.job.text;

import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.Path;

/** The files and folders that were not taken for text, to be reported in one line. */
final class LeftOut {
  private static final int SHOWN = 3;

  private final List<String> names = new ArrayList<>();

  /** Notes one that is hidden. */
  void addHidden(Path path) {
    add(path, "hidden: its name begins with _ or .");
  }

  /** Notes one. */
  void add(Path path, String why) {
    names.add("%s (%s)".formatted(path, why));
  }

  void addAll(LeftOut others) {
    names.addAll(others.names);
  }

  boolean isEmpty() {
    return names.isEmpty();
  }

  /** Their number and the first ones: "2 files or folders: a (why), b (why)". */
  @Override
  public String toString() {
    String first = String.join(", ", names.subList(0, Math.min(SHOWN, names.size())));
    return "%d %s: %s%s"
        .formatted(
            names.size(),
            names.size() == 1 ? "file or folder" : "files or folders",
            first,
            names.size() > SHOWN ? ", ..." : "");
  }
}
