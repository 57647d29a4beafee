package io.coppice.job.text;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * Totals of the text that tasks have read, which prove that they read all of it.
 *
 * @param files whose first part was read
 * @param documents in the parts
 * @param bytes of uncompressed JSON lines and plain text
 * @param rows of Parquet files
 * @param expectedRows by the footers of the Parquet files whose first part was read
 */
public record ReadTotals(long files, long documents, long bytes, long rows, long expectedRows) {
  /** Nothing read. */
  public static final ReadTotals NONE = new ReadTotals(0, 0, 0, 0, 0);

  /** The sum of both. */
  public ReadTotals plus(ReadTotals other) {
    return new ReadTotals(
        files + other.files,
        documents + other.documents,
        bytes + other.bytes,
        rows + other.rows,
        expectedRows + other.expectedRows);
  }

  /** The same totals with another number of documents. */
  ReadTotals withDocuments(long count) {
    return new ReadTotals(files, count, bytes, rows, expectedRows);
  }

  /**
   * Fails unless the tasks read all that was listed.
   *
   * @throws IllegalStateException if so, for then Coppice has lost text
   */
  public TextCount requireAll(TextFiles listed) {
    long length =
        listed.files().stream()
            .filter(file -> file.format() != TextFormat.PARQUET)
            .filter(file -> file.compression() == Compression.NONE)
            .mapToLong(ListedFile::length)
            .sum();
    if (files != listed.files().size() || bytes != length || rows != expectedRows) {
      throw new IllegalStateException(
          ("not all text was read, or some twice: %d of %d files, %d of %d bytes of uncompressed"
                  + " text, %d of %d rows of Parquet files")
              .formatted(files, listed.files().size(), bytes, length, rows, expectedRows));
    }
    return new TextCount(listed.files().size(), documents);
  }

  public void write(DataOutputStream output) throws IOException {
    output.writeLong(files);
    output.writeLong(documents);
    output.writeLong(bytes);
    output.writeLong(rows);
    output.writeLong(expectedRows);
  }

  /** Reads totals that {@link #write} wrote. */
  public static ReadTotals read(DataInputStream input) throws IOException {
    return new ReadTotals(
        input.readLong(), input.readLong(), input.readLong(), input.readLong(), input.readLong());
  }
}
