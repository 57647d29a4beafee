package io.coppice.job.endtoend;

import java.io.IOException;
import java.net.URI;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/**
 * Files of this machine by the scheme {@code remote}, as if they were far away: reading activations
 * may take its time, and may break off.
 */
public final class RemoteFileSystem extends RawLocalFileSystem {
  private static final Map<String, String> SETTINGS =
      Map.of(
          "spark.hadoop.fs.remote.impl",
          RemoteFileSystem.class.getName(),
          "spark.hadoop.fs.remote.impl.disable.cache",
          "true");
  private static final AtomicInteger READS = new AtomicInteger();
  private static volatile int milliseconds;
  private static volatile int most = Integer.MAX_VALUE;

  /**
   * From now on programs know this file system.
   *
   * @param millisecondsOfARead that each reading of activations takes at least
   * @param mostReads of activations, after which the connection is gone
   */
  static void connect(int millisecondsOfARead, int mostReads) {
    SETTINGS.forEach(System::setProperty);
    READS.set(0);
    milliseconds = millisecondsOfARead;
    most = mostReads;
  }

  static void disconnect() {
    SETTINGS.keySet().forEach(System::clearProperty);
  }

  /** The number of times that activations were read since it was connected. */
  static int reads() {
    return READS.get();
  }

  @Override
  public URI getUri() {
    return URI.create("remote:///");
  }

  @Override
  public String getScheme() {
    return "remote";
  }

  /** Without the permissions that only real local files have. */
  @Override
  public FileStatus[] listStatus(Path path) throws IOException {
    return Arrays.stream(super.listStatus(path))
        .map(file -> new FileStatus(file.getLen(), file.isDirectory(), 1, 1, 0, file.getPath()))
        .toArray(FileStatus[]::new);
  }

  @Override
  public FSDataInputStream open(Path file, int bufferSize) throws IOException {
    FSDataInputStream in = super.open(file, bufferSize);
    return file.getName().startsWith("windows-") ? new FSDataInputStream(new Slow(in)) : in;
  }

  private static final class Slow extends FSInputStream {
    private final FSDataInputStream in;

    Slow(FSDataInputStream in) {
      this.in = in;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (READS.incrementAndGet() > most) {
        throw new IOException("the connection is gone");
      }
      try {
        Thread.sleep(milliseconds);
      } catch (InterruptedException e) {
        throw new IOException("interrupted", e);
      }
      return in.read(bytes, offset, length);
    }

    @Override
    public int read() throws IOException {
      return in.read();
    }

    @Override
    public void seek(long position) throws IOException {
      in.seek(position);
    }

    @Override
    public long getPos() throws IOException {
      return in.getPos();
    }

    @Override
    public boolean seekToNewSource(long position) {
      return false;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
