package io.coppice.demo;

import io.coppice.demo.BytePairVocabulary.Merge;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Trains a byte-level byte-pair tokenizer (Sennrich et al., arXiv 1508.07909, over bytes as in
 * GPT-2): text is cut into words by GPT-2's pattern, and the most frequent pair of neighbouring
 * tokens within words becomes a token, until the vocabulary is full.
 *
 * <p>Of pairs that are equally frequent, the one with the smaller left id, then the smaller right
 * id, is merged, so the same text always gives the same vocabulary.
 */
public final class BytePairTraining {
  /** GPT-2's pattern, as the ByteLevel pre-tokenizer applies it when the tokenizer is used. */
  private static final Pattern WORD =
      Pattern.compile(
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
          Pattern.UNICODE_CHARACTER_CLASS);

  private final List<String> tokens = new ArrayList<>(BytePairVocabulary.SPECIAL_TOKENS);
  private final Map<String, Integer> ids = new HashMap<>();
  private final List<Merge> merges = new ArrayList<>();

  /** Each distinct word as its current tokens; merging rewrites the array. */
  private final List<int[]> words = new ArrayList<>();

  private final List<Long> wordCounts = new ArrayList<>();

  /**
   * The number of occurrences of each pair (left id in the high half), and the words in which it
   * occurred.
   */
  private final Map<Long, Long> pairCounts = new HashMap<>();

  private final Map<Long, Set<Integer>> pairWords = new HashMap<>();

  private BytePairTraining() {}

  /**
   * Trains on {@code texts}.
   *
   * @param vocabularySize tokens in all, at least the 259 of special tokens and bytes; the result
   *     has fewer when the texts hold no further pair
   */
  public static BytePairVocabulary train(Iterable<String> texts, int vocabularySize) {
    int smallest = BytePairVocabulary.FIRST_BYTE + 256;
    if (vocabularySize < smallest) {
      throw new IllegalArgumentException(
          "A byte-level vocabulary has at least " + smallest + " tokens, not " + vocabularySize);
    }
    BytePairTraining training = new BytePairTraining();
    training.addBytes();
    training.addWords(texts);
    while (training.tokens.size() < vocabularySize && training.mergeBestPair()) {}
    return new BytePairVocabulary(training.tokens, training.merges);
  }

  private void addBytes() {
    int next = 256;
    for (int value = 0; value < 256; value++) {
      boolean printable =
          (value >= '!' && value <= '~')
              || (value >= 0xA1 && value <= 0xAC)
              || (value >= 0xAE && value <= 0xFF);
      tokens.add(String.valueOf((char) (printable ? value : next++)));
    }
    for (int id = 0; id < tokens.size(); id++) {
      ids.put(tokens.get(id), id);
    }
  }

  private void addWords(Iterable<String> texts) {
    Map<String, Long> counts = new TreeMap<>();
    for (String text : texts) {
      Matcher matcher = WORD.matcher(text);
      while (matcher.find()) {
        counts.merge(matcher.group(), 1L, Long::sum);
      }
    }
    counts.forEach(
        (word, count) -> {
          byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
          int[] wordTokens = new int[bytes.length];
          for (int i = 0; i < bytes.length; i++) {
            wordTokens[i] = BytePairVocabulary.FIRST_BYTE + (bytes[i] & 0xFF);
          }
          words.add(wordTokens);
          wordCounts.add(count);
          countPairs(words.size() - 1, 1);
        });
  }

  private void countPairs(int word, int sign) {
    int[] wordTokens = words.get(word);
    long count = wordCounts.get(word) * sign;
    for (int i = 0; i + 1 < wordTokens.length; i++) {
      long pair = pair(wordTokens[i], wordTokens[i + 1]);
      pairCounts.merge(pair, count, Long::sum);
      if (sign > 0) {
        pairWords.computeIfAbsent(pair, key -> new HashSet<>()).add(word);
      }
    }
  }

  private boolean mergeBestPair() {
    long best = -1;
    long bestCount = 0;
    for (Map.Entry<Long, Long> entry : pairCounts.entrySet()) {
      long count = entry.getValue();
      if (count > bestCount || (count == bestCount && count > 0 && entry.getKey() < best)) {
        best = entry.getKey();
        bestCount = count;
      }
    }
    if (bestCount == 0) {
      return false;
    }
    int left = (int) (best >>> 32);
    int right = (int) best;
    String text = tokens.get(left) + tokens.get(right);
    // Two pairs can spell the same token ("a"+"bc", "ab"+"c"): both merges lead to one id.
    Integer known = ids.get(text);
    int merged = known == null ? tokens.size() : known;
    if (known == null) {
      ids.put(text, merged);
      tokens.add(text);
    }
    merges.add(new Merge(tokens.get(left), tokens.get(right)));
    for (int word : pairWords.remove(best)) {
      countPairs(word, -1);
      words.set(word, merge(words.get(word), left, right, merged));
      countPairs(word, 1);
    }
    pairCounts.remove(best);
    return true;
  }

  private static int[] merge(int[] word, int left, int right, int merged) {
    int[] result = new int[word.length];
    int length = 0;
    for (int i = 0; i < word.length; i++) {
      boolean match = word[i] == left && i + 1 < word.length && word[i + 1] == right;
      result[length++] = match ? merged : word[i];
      i += match ? 1 : 0;
    }
    return Arrays.copyOf(result, length);
  }

  private static long pair(int left, int right) {
    return ((long) left << 32) | right;
  }

  /**
   * Trains the demo model's tokenizer: {@code BytePairTraining train.jsonl.gz folder
   * vocabulary-size max-length}.
   */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 4) {
      throw new IllegalArgumentException(
          "Expected four arguments: train.jsonl.gz, output folder, vocabulary size, max length");
    }
    List<String> texts =
        Passage.readAll(Path.of(arguments[0])).stream().map(Passage::text).toList();
    train(texts, Integer.parseInt(arguments[2]))
        .write(Path.of(arguments[1]), Integer.parseInt(arguments[3]));
  }
}
