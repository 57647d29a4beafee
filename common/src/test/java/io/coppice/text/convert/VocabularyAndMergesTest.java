package io.coppice.text.convert;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Byte-level BPE of vocab.json and merges.txt. */
class VocabularyAndMergesTest {
  /** Ġ is a space and Ã© the two bytes of é. */
  private static final String VOCABULARY =
      """
      {"<s>":0,"<pad>":1,"</s>":2,"a":3,"b":4,"c":5,"Ġ":6,"ab":7,"Ġab":8,"Ã":9,"©":10,"Ã©":11,
       "1":12,"11":13,"#":14,"##":15,"Ċ":16,"'":17,"s":18,"'s":19}
      """;

  private static final String MERGES = "#version: 0.2\na b\nĠ ab\nÃ ©\n1 1\n# #\n' s\n";

  /** Like OPT's own. */
  private static final String CONFIG =
      """
      {"add_bos_token":true,"tokenizer_class":"GPT2Tokenizer","bos_token":"</s>",
       "eos_token":"</s>","unk_token":"</s>","pad_token":"<pad>"}
      """;

  /** The same tokenizer, written by hand. */
  private static final String EQUIVALENT =
      """
      {"version":"1.0","truncation":null,"padding":null,"added_tokens":[
        {"id":1,"content":"<pad>","single_word":false,"lstrip":false,"rstrip":false,
         "normalized":false,"special":true},
        {"id":2,"content":"</s>","single_word":false,"lstrip":false,"rstrip":false,
         "normalized":false,"special":true}],
       "normalizer":null,
       "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true},
       "post_processor":{"type":"TemplateProcessing",
        "single":[{"SpecialToken":{"id":"</s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
        "pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],
        "special_tokens":{"</s>":{"id":"</s>","ids":[2],"tokens":["</s>"]}}},
       "decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true},
       "model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,
        "end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,"vocab":%s,
        "merges":["a b","Ġ ab","Ã ©","1 1","# #","' s"]}}
      """
          .formatted(VOCABULARY);

  @TempDir private Path folder;
  private ModelFiles model;

  @BeforeEach
  void opt() {
    model =
        new ModelFiles(folder.resolve("model"))
            .with("config.json", "{\"model_type\":\"opt\",\"vocab_size\":30,\"bos_token_id\":2}")
            .with("vocab.json", VOCABULARY)
            .with("merges.txt", MERGES)
            .with("tokenizer_config.json", CONFIG);
  }

  @Test
  void textsHaveTheTokensThatTheMergesGive() {
    assertThat(model.ids("ab abc é")).containsExactly(2, 7, 8, 5, 6, 11);
    assertThat(model.ids("a b\nab's")).containsExactly(2, 3, 6, 4, 16, 7, 19);
    assertThat(model.ids("111##")).containsExactly(2, 13, 12, 15);
    assertThat(model.ids("a</s>b<pad>")).containsExactly(2, 3, 2, 4, 1);
    assertThat(model.ids("")).containsExactly(2);
  }

  @Test
  void itIsTheTokenizerThatTokenizerJsonDescribes() {
    ModelFiles equivalent =
        new ModelFiles(folder.resolve("equivalent"))
            .with("config.json", "{\"vocab_size\":30,\"bos_token_id\":2}")
            .with("tokenizer.json", EQUIVALENT);
    try (Tokenizer made = model.load();
        Tokenizer given = equivalent.load()) {
      for (String text : texts()) {
        int[] ids = made.encode(text, true);
        assertThat(ids).as(text).isEqualTo(given.encode(text, true));
        assertThat(made.decode(ids)).isEqualTo(given.decode(ids));
      }
      assertThat(made.roles().begin()).isEqualTo(given.roles().begin()).isEqualTo(2);
      assertThat(made.roles().ordinary()).isEqualTo(given.roles().ordinary());
    }
  }

  private static List<String> texts() {
    List<String> parts = List.of("a", "b", "c", " ", "é", "1", "#", "\n", "'s", "</s>", "<pad>");
    Random random = new Random(4);
    return random
        .ints(300, 0, 30)
        .mapToObj(
            length ->
                random
                    .ints(length, 0, parts.size())
                    .mapToObj(parts::get)
                    .collect(Collectors.joining()))
        .toList();
  }

  @Test
  void theBeginTokenIsForThoseWhoAskForIt() {
    model.with("tokenizer_config.json", CONFIG.replace("true", "false"));
    assertThat(model.ids("ab")).containsExactly(7);
    try (Tokenizer tokenizer = model.load()) {
      assertThat(tokenizer.roles().beginning()).isEmpty();
      assertThat(tokenizer.bosId()).hasValue(2);
    }
    model.with(
        "tokenizer_config.json", CONFIG.replace("\"bos_token\":\"</s>\"", "\"bos_token\":null"));
    model.refused().hasMessageContaining("asks for a bos_token with every text, but names none");
  }

  @Test
  void aSpaceInFrontIsForThoseWhoAskForIt() {
    model.with("tokenizer_config.json", CONFIG.replace("true", "true,\"add_prefix_space\":true"));
    assertThat(model.ids("ab")).containsExactly(2, 8);
  }

  /** Otherwise like GPT-2's own, where the first new token's id is the length of the vocabulary. */
  @Test
  void specialTokensAreThoseOfTheMap() {
    model.without("tokenizer_config.json");
    assertThat(model.ids("a<|endoftext|>b</s>")).containsSubsequence(3, 20, 4).doesNotContain(2);
    model.with(
        "special_tokens_map.json", "{\"bos_token\":\"<s>\",\"eos_token\":{\"content\":\"</s>\"}}");
    assertThat(model.ids("a<s></s>")).containsExactly(3, 0, 2);
  }

  @Test
  void addedTokensKeepTheirIds() {
    model.with("added_tokens.json", "{\"<y>\":21,\"<x y>\":20}");
    assertThat(model.ids("a<x y><y>")).containsExactly(2, 3, 20, 21);
    model.with("added_tokens.json", "{\"<y>\":23}");
    model
        .refused()
        .hasMessageContaining("added_tokens.json gives the added token '<y>' the id 23")
        .hasMessageContaining("it has 20");
    String listed =
        """
        {"added_tokens_decoder":{"20":{"content":"<z>","lstrip":true,"rstrip":false,
        "normalized":false,"single_word":false,"special":true}},
        """;
    model.with("tokenizer_config.json", listed + CONFIG.substring(CONFIG.indexOf('{') + 1));
    assertThat(model.ids("a  <z>b")).containsExactly(2, 3, 20, 4);
  }

  @Test
  void wordsOfQwenAreCutInQwensWay() {
    model
        .with("config.json", "{\"model_type\":\"qwen2\",\"vocab_size\":30}")
        .with("tokenizer_config.json", "{\"tokenizer_class\":\"Qwen2Tokenizer\"}");
    // Digits one by one, and e with an accent of its own is é.
    assertThat(model.ids("11e\u0301")).containsExactly(12, 12, 11);
    model.with("tokenizer_config.json", CONFIG);
    assertThat(model.ids("11")).containsExactly(2, 13);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "vocab.json | [] | must hold a JSON object",
        "vocab.json | {\"a\":-1} | gives the token 'a' the id -1",
        "vocab.json | {\"a\":\"b\"} | gives the token 'a' the id \"b\"",
        "vocab.json | {\"a\":0 | is not valid JSON",
        "merges.txt | a b c | Line 1 of",
        "merges.txt | a b\\nab | Line 2 of",
        "merges.txt | a c | a token that vocab.json lacks, 'ac'",
        "merges.txt | a d | a token that vocab.json lacks, 'd'",
        "added_tokens.json | {\"x\":1.5} | gives token 'x' the id 1.5",
        "added_tokens.json | {\"\":20} | gives token '' the id 20",
        "tokenizer_config.json | {\"add_bos_token\":1} | the add_bos_token 1, which must be true",
        "tokenizer_config.json | {\"pad_token\":7} | has the pad_token 7, which is not a token",
        "tokenizer_config.json | {\"pad_token\":{}} | The pad_token of",
        "tokenizer_config.json | {\"additional_special_tokens\":\"x\"} | must be a list"
      })
  void brokenFilesAreRefusedInOneSentence(String file, String content, String expected) {
    model.with(file, content.replace("\\n", "\n"));
    model.refused().hasMessageContaining(file).hasMessageContaining(expected);
  }

  @Test
  void mergesAreUtf8() {
    model.with("merges.txt", new byte[] {'a', ' ', (byte) 0xff});
    model.refused().hasMessageContaining("merges.txt is not text in UTF-8");
  }

  @ParameterizedTest
  @ValueSource(strings = {"vocab.json", "merges.txt"})
  void bothFilesMustBeThere(String file) {
    model.without(file);
    model
        .refused()
        .hasMessageContaining("needs tokenizer.json, or vocab.json with merges.txt")
        .hasMessageContaining("or tokenizer.model");
  }
}
