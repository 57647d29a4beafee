package io.coppice.job.endtoend;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.util.Progressable;

/** Local files, of which some find no room. */
public final class LimitedFileSystem extends RawLocalFileSystem {
  private static final Map<String, String> SETTINGS =
      Map.of(
          "spark.hadoop.fs.file.impl",
          LimitedFileSystem.class.getName(),
          "spark.hadoop.fs.file.impl.disable.cache",
          "true");
  private static final int ROOM = 100;
  private static volatile String refused = "";

  /** From now on programs use this one, in which there is no room for files of such a name. */
  public static void refuse(String partOfName) {
    refused = partOfName;
    SETTINGS.forEach(System::setProperty);
  }

  /** From now on there is room. */
  public static void makeRoom() {
    refused = "";
    SETTINGS.keySet().forEach(System::clearProperty);
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
