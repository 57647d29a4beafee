package io.coppice.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import io.coppice.demo.BytePairVocabulary.Merge;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BytePairTrainingTest {
  private static final int BYTES_AND_SPECIALS = 259;

  /** "Ġ" is the space in GPT-2's byte alphabet. */
  @Test
  void mergesTheMostFrequentPairFirst() {
    // Words: "hug" ×3, " hug" ×2, " pug" ×4, " bun" ×1. Pairs: ug 9, hu 5, Ġp 4, pu 4, Ġh 2, …
    List<String> texts = List.of("hug hug pug", "hug pug pug", "hug hug pug bun");
    BytePairVocabulary vocabulary = BytePairTraining.train(texts, BYTES_AND_SPECIALS + 5);
    assertThat(vocabulary.merges())
        .containsExactly(
            new Merge("u", "g"), // 9
            new Merge("h", "ug"), // 5
            new Merge("Ġ", "p"), // 4, as p·ug: the space is the smaller left id
            new Merge("Ġp", "ug"), // 4
            new Merge("Ġ", "hug")); // 2
    assertThat(vocabulary.tokens())
        .hasSize(BYTES_AND_SPECIALS + 5)
        .startsWith("<pad>", "<s>", "</s>")
        .endsWith("ug", "hug", "Ġp", "Ġpug", "Ġhug");
  }

  @Test
  void overlappingPairsAreMergedFromTheLeft() {
    BytePairVocabulary vocabulary =
        BytePairTraining.train(List.of("aaaaa"), BYTES_AND_SPECIALS + 100);
    // aaaaa → aa aa a → aaaa a → aaaaa, and then nothing is left to merge.
    assertThat(vocabulary.merges())
        .containsExactly(new Merge("a", "a"), new Merge("aa", "a"), new Merge("aa", "aaa"));
  }

  @Test
  void aPairThatSpellsAKnownTokenKeepsItsId() {
    List<String> texts = List.of("abcd abcd abcd bcx bcx bcx bcx bcx aby aby aby aby aby aby");
    BytePairVocabulary vocabulary = BytePairTraining.train(texts, BYTES_AND_SPECIALS + 30);
    assertThat(vocabulary.tokens()).doesNotHaveDuplicates();
  }

  @Test
  void theSameTextGivesTheSameFiles(@TempDir Path folder) throws IOException {
    List<String> texts = List.of("It is a truth universally acknowledged, that a single man in");
    for (String name : List.of("a", "b")) {
      BytePairTraining.train(texts, 280).write(folder.resolve(name), 128);
    }
    for (String file :
        List.of("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")) {
      assertThat(folder.resolve("a").resolve(file))
          .hasSameBinaryContentAs(folder.resolve("b").resolve(file));
    }
  }

  @Test
  void refusesAVocabularySmallerThanTheBytes() {
    assertThatThrownBy(() -> BytePairTraining.train(List.of("a"), 258))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("259");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a truth universally acknowledged",
        " two  spaces, and three   ",
        "\n\nlines\r\n\tand tabs\n",
        "naïve café — “quoted” … ½",
        "日本語 한국어 العربية हिन्दी",
        "👩‍👩‍👧‍👦 🇫🇷 e\u0301 \u0000 \u00a0 \ufeff \u2028",
        "it's we'll they'd I'm you've",
        "1813 a1b2",
      })
  void everyTextIsEncodedAndDecodesToItself(String text, @TempDir Path folder) throws IOException {
    BytePairTraining.train(List.of("a truth universally acknowledged, it's 1813"), 290)
        .write(folder, 128);
    try (HuggingFaceTokenizer tokenizer = tokenizer(folder)) {
      Encoding encoding = tokenizer.encode(text);
      assertThat(encoding.getIds()[0]).isEqualTo(1);
      assertThat(LongStream.of(encoding.getIds())).allMatch(id -> id >= 1 && id < 290);
      assertThat(tokenizer.decode(encoding.getIds(), true)).isEqualTo(text);
    }
  }

  @Test
  void appliesTheMergesItLearned(@TempDir Path folder) throws IOException {
    List<String> texts = List.of("hug hug pug", "hug pug pug", "hug hug pug bun");
    BytePairTraining.train(texts, BYTES_AND_SPECIALS + 5).write(folder, 128);
    try (HuggingFaceTokenizer tokenizer = tokenizer(folder)) {
      assertThat(tokenizer.encode("hug pug</s>").getTokens())
          .containsExactly("<s>", "hug", "Ġpug", "</s>");
    }
  }

  private static HuggingFaceTokenizer tokenizer(Path folder) throws IOException {
    System.setProperty("OPT_OUT_TRACKING", "true");
    assertThat(Files.exists(folder.resolve("tokenizer.json"))).isTrue();
    return HuggingFaceTokenizer.newInstance(
        folder.resolve("tokenizer.json"), Map.of("truncation", "false"));
  }
}
