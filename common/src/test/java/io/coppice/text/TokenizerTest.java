package io.coppice.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.checkpoint.ModelBesideCheckout;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerTest {
  /** One token per character, a beginning-of-sequence token, truncation and padding switched on. */
  private static final String TOKENIZER =
      """
      {"version":"1.0",
       "truncation":{"direction":"Right","max_length":4,"strategy":"LongestFirst","stride":0},
       "padding":{"strategy":{"Fixed":9},"direction":"Right","pad_to_multiple_of":null,
                  "pad_id":0,"pad_type_id":0,"pad_token":"?"},
       "added_tokens":[
        {"id":0,"content":"?","single_word":false,"lstrip":false,"rstrip":false,
         "normalized":false,"special":true},
        {"id":1,"content":"<s>","single_word":false,"lstrip":false,"rstrip":false,
         "normalized":false,"special":true}],
       "normalizer":null,"pre_tokenizer":null,
       "post_processor":{"type":"TemplateProcessing",
        "single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
        "pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":0}}],
        "special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}},
       "decoder":{"type":"Fuse"},
       "model":{"type":"BPE","dropout":null,"unk_token":"?","continuing_subword_prefix":null,
        "end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,
        "vocab":{"?":0,"<s>":1,"a":2,"b":3,"c":4,"😀":5},"merges":[]}}
      """;

  private final Configuration hadoop = new Configuration();
  @TempDir private Path folder;

  @BeforeEach
  void model() throws IOException {
    write("config.json", "{\"vocab_size\":6,\"bos_token_id\":2}");
    write("tokenizer_config.json", "{\"bos_token\":\"<s>\"}");
    write("tokenizer.json", TOKENIZER);
  }

  @Test
  void encodesTheWholeTextDespiteTruncationAndPaddingInTheFile() {
    try (Tokenizer tokenizer = load()) {
      assertThat(tokenizer.encode("abcabc", true)).containsExactly(1, 2, 3, 4, 2, 3, 4);
      assertThat(tokenizer.encode("ab", false)).containsExactly(2, 3);
      assertThat(tokenizer.encode("", true)).containsExactly(1);
      assertThat(tokenizer.encode("", false)).isEmpty();
      assertThat(tokenizer.encode("a".repeat(100_000), false)).hasSize(100_000).containsOnly(2);
      assertThat(tokenizer.vocabularySize()).isEqualTo(6);
    }
  }

  @Test
  void decodesWithoutSpecialTokens() {
    try (Tokenizer tokenizer = load()) {
      assertThat(tokenizer.decode(new int[] {1, 2, 3, 5})).isEqualTo("ab😀");
      assertThat(tokenizer.decode(new int[0])).isEmpty();
      for (int id : new int[] {-1, 6}) {
        assertThatThrownBy(() -> tokenizer.decode(new int[] {2, id}))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("Token " + id);
      }
    }
  }

  @Test
  void tokensHaveRoles() throws IOException {
    try (Tokenizer tokenizer = load()) {
      assertThat(tokenizer.roles().begin()).isEqualTo(1);
      assertThat(tokenizer.roles().ends()).containsExactly(1);
      assertThat(tokenizer.roles().ordinary()).containsExactly(2, 3, 4, 5);
    }
    write("config.json", "{\"vocab_size\":6,\"bos_token_id\":1,\"eos_token_id\":[3,4]}");
    try (Tokenizer tokenizer = load()) {
      assertThat(tokenizer.roles().ends()).containsExactlyInAnyOrder(1, 3, 4);
      assertThat(tokenizer.roles().ordinary()).containsExactly(2, 5);
    }
    write("generation_config.json", "{\"eos_token_id\":5}");
    try (Tokenizer tokenizer = load()) {
      assertThat(tokenizer.roles().ends()).containsExactlyInAnyOrder(1, 5);
      assertThat(tokenizer.roles().ordinary()).containsExactly(2, 3, 4);
    }
  }

  @Test
  void aTokenizerThatAddsNoBeginHasNone() throws IOException {
    write("tokenizer.json", TOKENIZER.replaceFirst("(?s)\"post_processor\":\\{.*?\\}\\}\\},", ""));
    try (Tokenizer tokenizer = load()) {
      assertThat(tokenizer.encode("a", true)).containsExactly(2);
      assertThat(tokenizer.roles().beginning()).isEmpty();
      assertThat(tokenizer.roles().ordinary()).containsExactly(2, 3, 4, 5);
    }
  }

  @Test
  void anyStringIsAText() {
    try (Tokenizer tokenizer = load()) {
      assertThat(tokenizer.encode("a😀b", false)).containsExactly(2, 5, 3);
      assertThat(tokenizer.encode("a\0b", false)).containsExactly(2, 0, 3);
      assertThat(tokenizer.encode("a\ud83db\ude00", false)).containsExactly(2, 0, 3, 0);
    }
  }

  @Test
  void theBeginningOfSequenceTokenIsTheTokenizersOrElseTheModels() throws IOException {
    try (Tokenizer tokenizer = load()) {
      assertThat(tokenizer.bosId()).hasValue(1);
    }
    write("tokenizer_config.json", "{\"bos_token\":{\"content\":\"<s>\",\"lstrip\":false}}");
    try (Tokenizer tokenizer = load()) {
      assertThat(tokenizer.bosId()).hasValue(1);
    }
    write("tokenizer_config.json", "{\"bos_token\":null}");
    try (Tokenizer tokenizer = load()) {
      assertThat(tokenizer.bosId()).hasValue(2);
    }
    Files.delete(folder.resolve("tokenizer_config.json"));
    write("config.json", "{\"vocab_size\":6}");
    try (Tokenizer tokenizer = load()) {
      assertThat(tokenizer.bosId()).isEmpty();
    }
  }

  @Test
  void tokensOutsideTheModelsVocabularyAreRefused() throws IOException {
    write("config.json", "{\"vocab_size\":4}");
    try (Tokenizer tokenizer = load()) {
      assertThat(tokenizer.encode("ab", false)).containsExactly(2, 3);
      assertThatThrownBy(() -> tokenizer.encode("abc", false))
          .isInstanceOf(InvalidDataException.class)
          .hasMessageContaining("token 4")
          .hasMessageContaining("vocabulary has 4")
          .hasMessageContaining(folder.toString());
    }
    write("config.json", "{\"vocab_size\":1}");
    assertThatThrownBy(this::load)
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("token 1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"{}", "{\"vocab_size\":0}", "{\"vocab_size\":\"6\"}", "{\"vocab_size\":1.5}"})
  void configurationsWithoutVocabularySizeAreRefused(String config) throws IOException {
    write("config.json", config);
    assertThatThrownBy(this::load)
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("vocab_size");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "not json",
        "[]",
        "{}",
        "{\"version\":\"9.9\",\"model\":{}}",
        "{\"version\":\"1.0\",\"model\":{\"type\":\"Nonsense\"}}",
        "{\"version\":\"1.0\",\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[\"b c\"]}}",
        "{\"version\":\"1.0\",\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":-1},\"merges\":[]}}"
      })
  void malformedTokenizersAreRefusedInOneSentence(String content) throws IOException {
    write("tokenizer.json", content);
    assertThatThrownBy(this::load)
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("tokenizer.json")
        .satisfies(e -> assertThat(e.getMessage()).doesNotContainPattern("\\v"));
  }

  /** The library would end the process. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "special_tokens\":{\"<s>\"  | special_tokens\":{\"x\" | template with '<s>'",
        "_prefix\":null | _prefix\":\"##\" | merges into 'b', which does not begin",
        "{\"type\":\"Fuse\"}   | {\"type\":\"Strip\",\"content\":\" \",\"start\":0,\"stop\":1} | stop of '1'",
        "\"content\":\"?\" | \"content\":\"\\ud800\" | holds half a character",
        "{\"type\":\"Fuse\"} | {\"type\":\"Fuse\",\"type\":\"Fuse\"} | Duplicate",
        "\"single\":[ | \"single\":[{\"Sequence\":{\"id\":\"B\",\"type_id\":0}}, | a second one, 'B'"
      })
  void filesThatWouldCrashTheLibraryAreRefused(String sound, String broken, String expected)
      throws IOException {
    String tokenizer =
        TOKENIZER.replace("\"merges\":[]", "\"merges\":[\"a b\"]").replace("\"c\":4", "\"ab\":4");
    assertThat(tokenizer).contains(sound);
    write("tokenizer.json", tokenizer.replace(sound, broken));

    assertThatThrownBy(this::load)
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("tokenizer.json")
        .hasMessageContaining(expected);
  }

  @Test
  void missingFilesAndFoldersAreNamed() throws IOException {
    Files.delete(folder.resolve("tokenizer.json"));
    assertThatThrownBy(this::load)
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("has no tokenizer that can be used: it needs tokenizer.json, or");
    folder = folder.resolve("missing");
    assertThatThrownBy(this::load)
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("does not exist");
  }

  @Test
  void aClosedTokenizerSaysSo() {
    Tokenizer tokenizer = load();
    tokenizer.close();
    tokenizer.close();
    assertThatThrownBy(() -> tokenizer.encode("a", false))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void threadsMayShareATokenizer() {
    try (Tokenizer tokenizer = load()) {
      int[] lengths =
          IntStream.range(0, 2000)
              .parallel()
              .map(i -> tokenizer.encode("abc".repeat(i % 50), true).length)
              .toArray();
      for (int i = 0; i < lengths.length; i++) {
        assertThat(lengths[i]).isEqualTo(1 + 3 * (i % 50));
      }
    }
  }

  @Test
  void theTrainedModelsTokensAreTheReferences() {
    Path stories = ModelBesideCheckout.folder("stories260K");
    try (Tokenizer tokenizer =
        Tokenizer.load(new org.apache.hadoop.fs.Path(stories.toString()), hadoop)) {
      int[] ids = tokenizer.encode("Once upon a time", true);
      assertThat(ids).containsExactly(1, 403, 407, 261, 378);
      assertThat(tokenizer.decode(ids)).isEqualTo("Once upon a time");
      assertThat(tokenizer.bosId()).hasValue(1);
    }
  }

  private Tokenizer load() {
    return Tokenizer.load(new org.apache.hadoop.fs.Path(folder.toString()), hadoop);
  }

  private void write(String name, String content) throws IOException {
    Files.writeString(folder.resolve(name), content);
  }
}
