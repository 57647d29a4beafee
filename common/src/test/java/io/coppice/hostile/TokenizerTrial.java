package io.coppice.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.text.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;

/**
 * Reads broken tokenizers in a process of its own, which the native library may end. Exit code 0
 * means that all were refused or usable.
 */
final class TokenizerTrial {
  /** The file that says which input is being read. */
  static final String CURRENT = "current";

  private static final long MOST_BYTES = 64L << 20;
  private static final int VOCABULARY = 40;
  private static final List<String> TEXTS =
      List.of("", "a", "abc cab", " Hello,  world! 12 ", "é😀\u0000\n\u200d", "ab".repeat(300));
  private static final List<Map<String, byte[]>> SOUND = SoundTokenizers.all();
  private static final Configuration HADOOP = new Configuration();

  private TokenizerTrial() {}

  /** {@code FOLDER SEED FIRST END} */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    long seed = Long.parseLong(arguments[1]);
    int end = Integer.parseInt(arguments[3]);
    Files.writeString(
        folder.resolve("config.json"),
        "{\"vocab_size\":%d,\"bos_token_id\":1}".formatted(VOCABULARY));
    int usable = 0;
    for (int i = Integer.parseInt(arguments[2]); i < end; i++) {
      Files.writeString(folder.resolve(CURRENT), String.valueOf(i));
      Map<String, byte[]> files = files(seed, i);
      for (Map<String, byte[]> others : SOUND) {
        for (String name : others.keySet()) {
          Files.deleteIfExists(folder.resolve(name));
        }
      }
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        Files.write(folder.resolve(file.getKey()), file.getValue());
      }
      boolean used = use(folder, shown(files));
      assertThat(used || i >= SOUND.size()).as("sound files %d", i).isTrue();
      usable += used ? 1 : 0;
    }
    System.out.println(usable);
  }

  /** The files of a trial by its number, one of which is broken. */
  private static Map<String, byte[]> files(long seed, int number) {
    Map<String, byte[]> files = new TreeMap<>(SOUND.get(number % SOUND.size()));
    if (number >= SOUND.size()) {
      Mutations mutations = new Mutations((seed * 1_000_003 + number) * 0x9E3779B97F4A7C15L);
      String name = List.copyOf(files.keySet()).get(mutations.below(files.size()));
      byte[] content = files.get(name);
      files.put(
          name,
          name.endsWith(".json")
              ? mutations.json(new String(content, StandardCharsets.UTF_8))
              : mutations.bytes(content));
    }
    return files;
  }

  private static String shown(Map<String, byte[]> files) {
    return files.entrySet().stream()
        .map(file -> file.getKey() + "\n" + new String(file.getValue(), StandardCharsets.UTF_8))
        .collect(Collectors.joining("\n"));
  }

  private static boolean use(Path folder, String shown) {
    HostileReading<Tokenizer> loaded =
        HostileReading.of(
            shown,
            folder.toString(),
            MOST_BYTES,
            () -> Tokenizer.load(new org.apache.hadoop.fs.Path(folder.toString()), HADOOP));
    loaded.result().ifPresent(tokenizer -> use(tokenizer, shown));
    return loaded.result().isPresent();
  }

  private static void use(Tokenizer tokenizer, String shown) {
    try (tokenizer) {
      requireTokens(tokenizer.roles().ordinary(), shown);
      for (String text : TEXTS) {
        HostileReading<int[]> ids =
            HostileReading.of(shown, "tokenizer", MOST_BYTES, () -> tokenizer.encode(text, true));
        ids.result().ifPresent(found -> decode(tokenizer, found, shown));
      }
      decode(tokenizer, IntStream.range(0, VOCABULARY).toArray(), shown);
    }
  }

  private static void decode(Tokenizer tokenizer, int[] ids, String shown) {
    requireTokens(ids, shown);
    HostileReading.of(
        shown + Arrays.toString(ids), "tokenizer", MOST_BYTES, () -> tokenizer.decode(ids));
  }

  private static void requireTokens(int[] ids, String shown) {
    assertThat(Arrays.stream(ids).allMatch(id -> id >= 0 && id < VOCABULARY)).as(shown).isTrue();
  }
}
