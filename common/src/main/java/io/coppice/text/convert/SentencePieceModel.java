package io.coppice.text.convert;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The content of a SentencePiece model, {@code tokenizer.model}: the fields of {@code ModelProto}
 * in sentencepiece_model.proto that a BPE tokenizer is made from.
 *
 * @param pieces by id; no text occurs twice or is empty
 * @param unknown the text of the piece for unknown text
 */
record SentencePieceModel(List<Piece> pieces, String unknown) {
  private static final int VARINT = 0;
  private static final int LENGTH_DELIMITED = 2;
  private static final int FIXED32 = 5;
  private static final int BPE = 2;
  private static final List<String> MODEL_TYPES = List.of("unigram", "BPE", "word", "char");
  private static final int MOST_PIECES = 1 << 20;
  private static final int LONGEST_PIECE = 256;

  /**
   * A piece of text.
   *
   * @param score pieces of higher ones are merged first; finite
   */
  record Piece(String text, float score, Kind kind) {}

  /** The kinds of pieces, by their numbers in the file. */
  enum Kind {
    NORMAL,
    UNKNOWN,
    CONTROL,
    USER_DEFINED,
    UNUSED,
    BYTE
  }

  SentencePieceModel {
    pieces = List.copyOf(pieces);
  }

  /**
   * Reads a model.
   *
   * @param file its path, for messages
   * @throws InvalidDataException if it is not a SentencePiece model, or not one of BPE
   */
  static SentencePieceModel parse(byte[] content, String file) {
    try {
      return new Parser(CodedInputStream.newInstance(content), file).model();
    } catch (IOException e) {
      // It is all in memory, so only its form can be wrong.
      throw new InvalidDataException(
          file + " is not a SentencePiece model, or a broken one; fetch it again", e);
    }
  }

  private static final class Parser {
    private final CodedInputStream input;
    private final String file;
    private final List<Piece> pieces = new ArrayList<>();
    private final Set<String> texts = new HashSet<>();
    private int type = 1;
    private String unknown = "<unk>";

    Parser(CodedInputStream input, String file) {
      this.input = input;
      this.file = file;
    }

    SentencePieceModel model() throws IOException {
      for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
        if (tag == tag(1, LENGTH_DELIMITED)) {
          int outer = input.pushLimit(input.readRawVarint32());
          pieces.add(piece());
          input.popLimit(outer);
        } else if (tag == tag(2, LENGTH_DELIMITED)) {
          int outer = input.pushLimit(input.readRawVarint32());
          training();
          input.popLimit(outer);
        } else {
          skip(tag);
        }
      }
      if (pieces.isEmpty()) {
        throw new InvalidProtocolBufferException("no pieces");
      }
      if (type != BPE) {
        throw broken(
            "is a SentencePiece model of the type %s, of which only BPE is supported; save the"
                + " tokenizer as tokenizer.json",
            type >= 1 && type <= MODEL_TYPES.size() ? MODEL_TYPES.get(type - 1) : "" + type);
      }
      return new SentencePieceModel(pieces, unknown);
    }

    private Piece piece() throws IOException {
      String text = "";
      float score = 0;
      int kind = 1;
      for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
        if (tag == tag(1, LENGTH_DELIMITED)) {
          text = input.readStringRequireUtf8();
        } else if (tag == tag(2, FIXED32)) {
          score = input.readFloat();
        } else if (tag == tag(3, VARINT)) {
          kind = input.readEnum();
        } else {
          skip(tag);
        }
      }
      if (text.isEmpty() || text.length() > LONGEST_PIECE || !texts.add(text)) {
        throw broken(
            "has a piece that is empty, longer than " + LONGEST_PIECE + " or there twice, %s",
            Words.quote(text));
      }
      if (!Float.isFinite(score) || kind < 1 || kind > Kind.values().length) {
        throw broken(
            "gives a piece the score %s and type %s, which must be finite and from 1 to 6",
            score, kind);
      }
      if (texts.size() > MOST_PIECES) {
        throw broken("has more than %s pieces", MOST_PIECES);
      }
      return new Piece(text, score, Kind.values()[kind - 1]);
    }

    private void training() throws IOException {
      for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
        if (tag == tag(3, VARINT)) {
          type = input.readEnum();
        } else if (tag == tag(45, LENGTH_DELIMITED)) {
          unknown = input.readStringRequireUtf8();
        } else {
          skip(tag);
        }
      }
    }

    private void skip(int tag) throws IOException {
      if (!input.skipField(tag)) {
        throw new InvalidProtocolBufferException("the end of a group that has no beginning");
      }
    }

    private InvalidDataException broken(String what, Object... details) {
      return new InvalidDataException(file + " " + String.format(Locale.ROOT, what, details));
    }

    private static int tag(int field, int wireType) {
      return field << 3 | wireType;
    }
  }
}
