package io.coppice.job.text;

import java.io.InputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.io.DelegatingSeekableInputStream;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.SeekableInputStream;

/** A Parquet file as its library reads it, by {@link SourceStream}. */
record ParquetSource(TextPart part, Configuration hadoop) implements InputFile {
  @Override
  public long getLength() {
    return part.fileLength();
  }

  @Override
  public SeekableInputStream newStream() {
    return new Stream(SourceStream.open(part, hadoop));
  }

  @Override
  public String toString() {
    return part.file();
  }

  private static final class Stream extends DelegatingSeekableInputStream {
    private final SourceStream source;

    Stream(SourceStream source) {
      super(source);
      this.source = source;
    }

    /** For the library's own calls; the stream is closed with this one. */
    @Override
    public InputStream getStream() {
      return source;
    }

    @Override
    public long getPos() {
      return source.position();
    }

    @Override
    public void seek(long position) {
      source.seek(position);
    }
  }
}
