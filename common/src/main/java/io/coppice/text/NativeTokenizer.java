package io.coppice.text;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import java.util.Arrays;

/**
 * A tokenizer in the native library's memory, whose failures are reported as those of its file.
 *
 * @param file the path of the file that it comes from, for messages
 * @param vocabularySize of the model
 */
record NativeTokenizer(TokenizersLibrary library, long handle, String file, int vocabularySize) {

  /**
   * Loads the tokenizer; to be freed by {@link #free}.
   *
   * @param json a {@code tokenizer.json}, which {@link TokenizerCheck} has seen
   * @throws InvalidDataException if the library does not accept it
   */
  static NativeTokenizer create(String json, String file, int vocabularySize) {
    TokenizersLibrary library = TokenizerLibrary.load();
    try {
      long handle = library.createTokenizerFromString(json);
      library.disableTruncation(handle);
      library.disablePadding(handle);
      return new NativeTokenizer(library, handle, file, vocabularySize);
    } catch (RuntimeException e) {
      throw failed("is not a tokenizer that the tokenizers library reads", file, e);
    }
  }

  /**
   * @throws InvalidDataException if it cannot, or gives a token that the model does not have
   */
  int[] encode(String text, boolean addSpecialTokens) {
    long[] ids;
    try {
      long encoding = library.encode(handle, text, addSpecialTokens);
      try {
        ids = library.getTokenIds(encoding);
      } finally {
        library.deleteEncoding(encoding);
      }
    } catch (RuntimeException e) {
      throw failed("has no tokens for a text", file, e);
    }
    return Arrays.stream(ids).mapToInt(this::known).toArray();
  }

  /**
   * @throws InvalidDataException if it cannot
   */
  String decode(long[] ids) {
    try {
      return library.decode(handle, ids, true);
    } catch (RuntimeException e) {
      throw failed("has no text for tokens", file, e);
    }
  }

  void free() {
    library.deleteTokenizer(handle);
  }

  private int known(long id) {
    requireKnown(id, vocabularySize, file);
    return (int) id;
  }

  /**
   * @throws InvalidDataException if a token is not in the model's vocabulary
   */
  static void requireKnown(long id, int vocabularySize, String file) {
    if (id < 0 || id >= vocabularySize) {
      throw new InvalidDataException(
          ("%s has token %d, but the model's vocabulary has %d (vocab_size in config.json);"
                  + " tokenizer and model do not belong together")
              .formatted(file, id, vocabularySize));
    }
  }

  private static InvalidDataException failed(String what, String file, RuntimeException failure) {
    String reason = failure.getMessage() == null ? failure.toString() : failure.getMessage();
    return new InvalidDataException(
        "%s %s: %s".formatted(file, what, Words.line(reason.strip())), failure);
  }
}
