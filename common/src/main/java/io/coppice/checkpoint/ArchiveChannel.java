package io.coppice.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;

/**
 * A file in the form that the zip library needs to find its entries. It reads a page at a time,
 * because the library asks for a few bytes at a time, and only a limited number of bytes in all: no
 * archive of weights has a longer directory.
 */
final class ArchiveChannel implements SeekableByteChannel {
  private static final int PAGE = 4096;
  private static final long MOST_BYTES = 8 << 20;

  private final RangedInput in;
  private final byte[] page = new byte[PAGE];
  private long pageStart = -1;
  private long position;
  private long given;

  ArchiveChannel(RangedInput in) {
    this.in = in;
  }

  @Override
  public int read(ByteBuffer destination) throws IOException {
    if (position >= in.length()) {
      return -1;
    }
    long start = position / PAGE * PAGE;
    int length = (int) Math.min(PAGE, in.length() - start);
    if (start != pageStart) {
      in.read(start, page, length);
      pageStart = start;
    }
    int offset = (int) (position - start);
    int count = Math.min(destination.remaining(), length - offset);
    given += count;
    if (given > MOST_BYTES) {
      throw new IOException("The archive's directory is too long");
    }
    destination.put(page, offset, count);
    position += count;
    return count;
  }

  @Override
  public long position() {
    return position;
  }

  @Override
  public SeekableByteChannel position(long newPosition) throws IOException {
    if (newPosition < 0) {
      throw new IOException("The archive refers to a place before its start");
    }
    position = newPosition;
    return this;
  }

  @Override
  public long size() {
    return in.length();
  }

  @Override
  public int write(ByteBuffer source) {
    throw new NonWritableChannelException();
  }

  @Override
  public SeekableByteChannel truncate(long size) {
    throw new NonWritableChannelException();
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  /** The file stays open; whoever opened it closes it. */
  @Override
  public void close() {}
}
