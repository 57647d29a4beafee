package io.coppice.text.convert;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Writes a SentencePiece model as its trainer does, field by field. */
public final class SentencePieceBytes {
  public static final int NORMAL = 1;
  public static final int UNKNOWN = 2;
  public static final int CONTROL = 3;
  public static final int USER_DEFINED = 4;
  public static final int BYTE = 6;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  /** A model that begins as LLaMA's do, with the pieces 0 to 2. */
  public static SentencePieceBytes llama() {
    return new SentencePieceBytes()
        .piece("<unk>", 0, UNKNOWN)
        .piece("<s>", 0, CONTROL)
        .piece("</s>", 0, CONTROL);
  }

  public SentencePieceBytes piece(String text, float score, int type) {
    return message(
        1,
        output -> {
          output.writeString(1, text);
          output.writeFloat(2, score);
          output.writeEnum(3, type);
        });
  }

  public SentencePieceBytes piece(String text, float score) {
    return piece(text, score, NORMAL);
  }

  /** The model with its training settings, including fields that are not needed. */
  public byte[] trained(int modelType) {
    return message(
            2,
            output -> {
              output.writeString(1, "text.txt");
              output.writeEnum(3, modelType);
              output.writeInt32(4, 100);
              output.writeFloat(10, 0.99995f);
              output.writeBool(35, true);
              output.writeInt32(43, -1);
              output.writeString(45, "<unk>");
            })
        .message(3, output -> output.writeString(1, "identity"))
        .bytes
        .toByteArray();
  }

  private SentencePieceBytes message(int field, Content content) {
    try {
      ByteArrayOutputStream inner = new ByteArrayOutputStream();
      CodedOutputStream output = CodedOutputStream.newInstance(inner);
      content.write(output);
      output.flush();
      CodedOutputStream outer = CodedOutputStream.newInstance(bytes);
      outer.writeByteArray(field, inner.toByteArray());
      outer.flush();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private interface Content {
    void write(CodedOutputStream output) throws IOException;
  }
}
