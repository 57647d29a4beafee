package io.coppice.job.text;

/** Counts of the text that was read: all files that were found, and the documents in them. */
public record TextCount(int files, long documents) {
  @Override
  public String toString() {
    return "%d %s of %d %s"
        .formatted(
            documents,
            documents == 1 ? "document" : "documents",
            files,
            files == 1 ? "file" : "files");
  }
}
