package io.coppice.job.text;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.CompressionCodec;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.Util;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/** A Parquet file whose footer names another codec, as for one that cannot be written here. */
final class Recoded {
  private static final int TAIL_BYTES = 8;

  private Recoded() {}

  static void write(Path file, CompressionCodecName codec) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer tail = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int begin = bytes.length - TAIL_BYTES - tail.getInt(bytes.length - TAIL_BYTES);
    FileMetaData footer =
        Util.readFileMetaData(
            new ByteArrayInputStream(bytes, begin, bytes.length - TAIL_BYTES - begin));
    for (RowGroup group : footer.getRow_groups()) {
      for (ColumnChunk chunk : group.getColumns()) {
        chunk.getMeta_data().setCodec(CompressionCodec.valueOf(codec.name()));
      }
    }
    ByteArrayOutputStream changed = new ByteArrayOutputStream();
    Util.writeFileMetaData(footer, changed);
    ByteBuffer length = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    length.putInt(0, changed.size());
    TextSamples.write(
        file,
        TextSamples.concatenate(
            Arrays.copyOf(bytes, begin),
            changed.toByteArray(),
            length.array(),
            new byte[] {'P', 'A', 'R', '1'}));
  }
}
