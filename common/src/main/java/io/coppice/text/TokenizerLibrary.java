package io.coppice.text;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import io.coppice.failure.NativeLibraryException;
import io.coppice.failure.Words;
import io.coppice.natives.NativeFolder;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Loads the native tokenizers library from the jar, never from the network: through a folder that
 * only this user can write to, and that is deleted once the library is loaded.
 *
 * <p>The bindings are called at their lowest level. The level above fetches the tokens, spans and
 * masks of every text too, which takes most of the time, reports each use to its maker, and looks
 * for GPUs before it loads, with warnings in the log where there are CUDA's libraries but no
 * driver.
 */
final class TokenizerLibrary {
  private static boolean loaded;

  private TokenizerLibrary() {}

  /**
   * The library, which the first call in a process loads.
   *
   * @throws NativeLibraryException if it does not load on this machine
   */
  static synchronized TokenizersLibrary load() {
    // Not in a static initialiser: a second use would then not say why the first one failed.
    if (!loaded) {
      try {
        loadFromJar(System.mapLibraryName("tokenizers"));
      } catch (IOException | LinkageError e) {
        throw new NativeLibraryException(
            "The tokenizers library did not load on this machine, %s %s (%s); %s"
                .formatted(
                    System.getProperty("os.name"),
                    System.getProperty("os.arch"),
                    Words.line(String.valueOf(e.getMessage()).strip()),
                    NativeFolder.REMEDY),
            e);
      }
      loaded = true;
    }
    return TokenizersLibrary.LIB;
  }

  private static void loadFromJar(String name) throws IOException {
    String resource = "/native/lib/%s/cpu/%s".formatted(platform(), name);
    try (InputStream in = TokenizersLibrary.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new FileNotFoundException("the jar has no " + resource);
      }
      Path folder = Files.createTempDirectory(NativeFolder.path(), "tokenizers-");
      Path file = folder.resolve(name);
      try {
        Files.copy(in, file);
        System.load(file.toString());
      } finally {
        Files.deleteIfExists(file);
        Files.delete(folder);
      }
    }
  }

  /** The machine's name in the jar's folders. */
  private static String platform() {
    String system = System.getProperty("os.name").startsWith("Mac") ? "osx" : "linux";
    String processor = System.getProperty("os.arch");
    return system + "-" + (processor.equals("amd64") ? "x86_64" : processor);
  }
}
