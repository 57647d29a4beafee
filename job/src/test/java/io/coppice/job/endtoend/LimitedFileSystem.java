package io.coppice.job.endtoend;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.util.Progressable;

/** Local files, of which some find no room. */
public final class LimitedFileSystem extends RawLocalFileSystem {
  private static final int ROOM = 100;
  private static volatile String refused = "";

  /** From now on there is no room for files that have this in their names; empty for all room. */
  static void refuse(String name) {
    refused = name;
  }

  @Override
  public FSDataOutputStream create(
      Path file,
      boolean overwrite,
      int bufferSize,
      short replication,
      long blockSize,
      Progressable progress)
      throws IOException {
    FSDataOutputStream out =
        super.create(file, overwrite, bufferSize, replication, blockSize, progress);
    boolean limited = !refused.isEmpty() && file.getName().contains(refused);
    return limited ? new FSDataOutputStream(new Limited(out), null) : out;
  }

  private static final class Limited extends FilterOutputStream {
    private int written;

    Limited(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int value) throws IOException {
      if (++written > ROOM) {
        throw new IOException("No space left on device");
      }
      super.write(value);
    }
  }
}
