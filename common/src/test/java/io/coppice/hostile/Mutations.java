package io.coppice.hostile;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Breaks sound files in seeded, repeatable ways. */
final class Mutations {
  private static final Pattern SCALAR =
      Pattern.compile("(?<![\\w\"])(-?\\d[\\d.eE+-]*|true|false|null)(?![\\w\"])|\"[^\"]*\"");
  private static final Pattern KEY = Pattern.compile("([{,])\\s*(\"[^\"]*\")\\s*:");
  private static final Pattern MEMBER =
      Pattern.compile(",?\\s*\"[^\"]*\"\\s*:\\s*(\"[^\"]*\"|[-\\w.+]+|\\[[^\\[\\]{}]*])");
  private static final Pattern BRACKETS = Pattern.compile("\\[[^\\[\\]]*]|\\{[^{}]*}");

  /** Values of every JSON type that code seldom expects. */
  private static final List<String> ODD =
      List.of(
          "null",
          "true",
          "false",
          "0",
          "-1",
          "1",
          "2",
          "3",
          "0.5",
          "-0.0",
          "1e-320",
          "1e39",
          "1e308",
          "1e400",
          "NaN",
          "Infinity",
          "-Infinity",
          "127",
          "65536",
          "16777216",
          "16777217",
          "2147483647",
          "2147483648",
          "4294967295",
          "4611686018427387904",
          "9223372036854775807",
          "9223372036854775808",
          "-9223372036854775808",
          "9".repeat(400),
          "1" + "0".repeat(2000),
          "[]",
          "{}",
          "[[]]",
          "[0,0]",
          "[-1,-1]",
          "[1,2,3]",
          "[9223372036854775807,2]",
          "[4294967296,4294967296,4294967296,0]",
          "[0,9223372036854775807]",
          "[24,0]",
          "[0,24]",
          "[" + "1,".repeat(100) + "1]",
          "\"\"",
          "\" \"",
          "\"a\"",
          "\"F32\"",
          "\"BF16\"",
          "\"I64\"",
          "\"F6_E2M3\"",
          "\"f32\"",
          "\"..\"",
          "\"../a.safetensors\"",
          "\"/etc/passwd\"",
          "\"/etc/a.safetensors\"",
          "\"file:///etc/a.safetensors\"",
          "\"http://a/b.safetensors\"",
          "\"hdfs:b.safetensors\"",
          "\"a\\\\b.safetensors\"",
          "\"..%2fa.safetensors\"",
          "\".safetensors\"",
          "\"a\\u0000.safetensors\"",
          "\"a\\nb.safetensors\"",
          "\"\\ud800\"",
          "\"\\u0000\"",
          "\"\\r\\n\\u001b[31m\"",
          "\"" + "x".repeat(5000) + "\"",
          "\"😀\"",
          "[".repeat(900) + "]".repeat(900),
          "[".repeat(20_000),
          "{\"a\":".repeat(20_000),
          "[".repeat(20_000) + "]".repeat(20_000),
          "{\"a\":{\"a\":{\"a\":null}}}");

  private final Random random;

  Mutations(long seed) {
    random = new Random(seed);
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  /** One to three changes of a JSON text, most of which leave it valid. */
  byte[] json(String text) {
    String mutated = text;
    for (int i = 0; i <= below(3); i++) {
      mutated =
          switch (below(10)) {
            case 0, 1, 2, 3 -> replaced(mutated, SCALAR, odd());
            case 4 -> replaced(mutated, BRACKETS, odd());
            case 5 -> replaced(mutated, MEMBER, "");
            case 6 -> repeatedKey(mutated);
            case 7 -> swapped(mutated, SCALAR);
            case 8 -> swapped(mutated, BRACKETS);
            default -> renamedKey(mutated);
          };
    }
    byte[] bytes = mutated.getBytes(StandardCharsets.UTF_8);
    return below(8) == 0 ? bytes(bytes) : bytes;
  }

  /** One to four changes of bytes: flips, cuts, insertions, repetitions. */
  byte[] bytes(byte[] original) {
    byte[] bytes = original.clone();
    for (int i = 0; i <= below(4); i++) {
      bytes = bytes.length == 0 ? new byte[] {'{'} : changed(bytes);
    }
    return bytes;
  }

  private byte[] changed(byte[] bytes) {
    int at = below(bytes.length);
    int length = Math.min(bytes.length - at, 1 + below(20));
    switch (below(6)) {
      case 0 -> bytes[at] ^= (byte) (1 << below(8));
      case 1 -> bytes[at] = (byte) below(256);
      case 2 -> {
        return joined(bytes, at, new byte[0], at + length);
      }
      case 3 -> {
        byte[] noise = new byte[length];
        random.nextBytes(noise);
        return joined(bytes, at, noise, at);
      }
      case 4 -> {
        return joined(bytes, at + length, java.util.Arrays.copyOfRange(bytes, at, at + length), at);
      }
      default -> {
        return below(3) == 0 ? java.util.Arrays.copyOf(bytes, at) : bytes;
      }
    }
    return bytes;
  }

  private static byte[] joined(byte[] bytes, int end, byte[] middle, int begin) {
    byte[] all = new byte[end + middle.length + bytes.length - begin];
    System.arraycopy(bytes, 0, all, 0, end);
    System.arraycopy(middle, 0, all, end, middle.length);
    System.arraycopy(bytes, begin, all, end + middle.length, bytes.length - begin);
    return all;
  }

  private String odd() {
    return ODD.get(below(ODD.size()));
  }

  private String repeatedKey(String text) {
    return at(
        text,
        KEY,
        match -> match.group(1) + match.group(2) + ":" + odd() + "," + match.group(2) + ":");
  }

  private String renamedKey(String text) {
    return at(
        text,
        KEY,
        match -> match.group(1) + "\"" + match.group(2).replace("\"", "") + below(3) + "\":");
  }

  private String replaced(String text, Pattern pattern, String replacement) {
    return at(text, pattern, match -> replacement);
  }

  private String swapped(String text, Pattern pattern) {
    List<MatchResult> matches = pattern.matcher(text).results().toList();
    if (matches.isEmpty()) {
      return text;
    }
    String other = matches.get(below(matches.size())).group();
    return at(text, pattern, match -> other);
  }

  private String at(
      String text, Pattern pattern, java.util.function.Function<MatchResult, String> change) {
    List<MatchResult> matches = new ArrayList<>(pattern.matcher(text).results().toList());
    if (matches.isEmpty()) {
      return text;
    }
    MatchResult match = matches.get(below(matches.size()));
    return text.substring(0, match.start()) + change.apply(match) + text.substring(match.end());
  }
}
