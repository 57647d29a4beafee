package io.coppice.job.text;

import io.coppice.failure.InvalidDataException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Decodes UTF-8, and nothing else. */
final class Utf8 {
  private Utf8() {}

  /**
   * Decodes bytes.
   *
   * @throws InvalidDataException if they are not UTF-8, saying where
   */
  static String decode(byte[] bytes, int length) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, length);
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(buffer)
          .toString();
    } catch (CharacterCodingException e) {
      throw new InvalidDataException(
          "expected UTF-8, but byte %d is not; convert the text".formatted(buffer.position()), e);
    }
  }
}
