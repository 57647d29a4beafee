package io.coppice.text;

import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import io.coppice.failure.NativeLibraryException;
import io.coppice.failure.Words;
import io.coppice.natives.NativeFolder;
import java.util.stream.Stream;

/**
 * Loads the native tokenizers library out of the jar, never from the network.
 *
 * <p>The bindings are called at their lowest level: the level above fetches the tokens, spans and
 * masks of every text too, which is most of the time, and reports each use to its maker.
 */
final class TokenizerLibrary {
  private TokenizerLibrary() {}

  /**
   * The library, which the first call in a process loads.
   *
   * @throws NativeLibraryException if it does not load on this machine
   */
  static TokenizersLibrary load() {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty("RUST_FLAVOR", "cpu");
    NativeFolder.prepare();
    try {
      LibUtils.checkStatus();
    } catch (IllegalStateException | LinkageError e) {
      throw new NativeLibraryException(
          "The tokenizers library did not load on this machine, %s %s (%s); %s"
              .formatted(
                  System.getProperty("os.name"),
                  System.getProperty("os.arch"),
                  reason(e),
                  NativeFolder.REMEDY),
          e);
    }
    return TokenizersLibrary.LIB;
  }

  /** The innermost words: a second try only says that the first one failed. */
  private static String reason(Throwable failure) {
    return Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
        .limit(10)
        .map(Throwable::getMessage)
        .filter(message -> message != null && !message.isBlank())
        .reduce((outer, inner) -> inner)
        .map(message -> Words.line(message.strip()))
        .orElse("no reason was given");
  }
}
