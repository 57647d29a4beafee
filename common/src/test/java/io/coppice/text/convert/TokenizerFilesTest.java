package io.coppice.text.convert;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The choice of the files from which a model's tokenizer is made, and of its template. */
class TokenizerFilesTest {
  /** One token per letter, and a begin token in front. */
  private static final String TOKENIZER =
      """
      {"version":"1.0","truncation":null,"padding":null,
       "added_tokens":[
        {"id":1,"content":"<s>","single_word":false,"lstrip":false,"rstrip":false,
         "normalized":false,"special":true}],
       "normalizer":null,"pre_tokenizer":null,
       "post_processor":{"type":"TemplateProcessing",
        "single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
        "pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":0}}],
        "special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}},
       "decoder":null,
       "model":{"type":"BPE","dropout":null,"unk_token":"<unk>","continuing_subword_prefix":null,
        "end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,
        "vocab":{"<unk>":0,"<s>":1,"</s>":2,"a":3},"merges":[]}}
      """;

  @TempDir private Path folder;
  private ModelFiles model;

  @BeforeEach
  void llama() {
    model =
        new ModelFiles(folder)
            .with("config.json", "{\"model_type\":\"llama\",\"vocab_size\":20}")
            .with("tokenizer.json", TOKENIZER);
  }

  private void config(String classes, String flags) {
    model.with(
        "tokenizer_config.json",
        "{%s}".formatted(classes.isEmpty() ? flags : named(classes, flags)));
  }

  private static String named(String className, String flags) {
    String name = "\"tokenizer_class\":\"%s\"".formatted(className);
    return flags.isEmpty() ? name : name + "," + flags;
  }

  /** The results of transformers 4, class by class. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "LlamaTokenizer | | 1 3",
        "LlamaTokenizer | \"add_bos_token\":true | 1 3",
        "LlamaTokenizer | \"add_bos_token\":false | 3",
        "LlamaTokenizer | \"add_bos_token\":null | 3",
        "LlamaTokenizer | \"add_eos_token\":true | 1 3 2",
        "LlamaTokenizerFast | \"add_bos_token\":false,\"add_eos_token\":true | 3 2",
        "LlamaTokenizer | \"bos_token\":\"</s>\" | 2 3",
        "LlamaTokenizer | \"bos_token\":{\"content\":\"</s>\"} | 2 3",
        "CodeLlamaTokenizer | \"add_bos_token\":false | 3",
        "PreTrainedTokenizerFast | \"add_bos_token\":false | 1 3",
        "GPT2TokenizerFast | \"add_bos_token\":false | 1 3",
        "Qwen2Tokenizer | \"add_bos_token\":false,\"add_eos_token\":true | 1 3",
        "TokenizersBackend | \"add_bos_token\":false | 1 3"
      })
  void theClassDecidesWhetherFlagsCount(String className, String flags, String ids) {
    config(className, flags == null ? "" : flags);
    assertThat(model.ids("a")).isEqualTo(numbers(ids));
  }

  @ParameterizedTest
  @CsvSource({"llama, 3", "mistral, 3", "qwen2, 1 3", "qwen3, 1 3", "opt, 1 3", "gemma, 1 3"})
  void withoutAClassTheModelsTypeDecides(String type, String ids) {
    model.with("config.json", "{\"model_type\":\"%s\",\"vocab_size\":20}".formatted(type));
    config("", "\"add_bos_token\":false");
    assertThat(model.ids("a")).isEqualTo(numbers(ids));
  }

  @Test
  void theClassMayStandInTheModelsConfiguration() {
    model.with(
        "config.json",
        "{\"model_type\":\"llama\",\"tokenizer_class\":\"GPT2Tokenizer\",\"vocab_size\":20}");
    config("", "\"add_bos_token\":false");
    assertThat(model.ids("a")).containsExactly(1, 3);
  }

  @Test
  void aTokenizerWithoutTheDefaultBeginTokenKeepsItsTemplate() {
    model.with("tokenizer.json", TOKENIZER.replace("<s>", "<begin>"));
    assertThat(model.ids("a")).containsExactly(1, 3);
    config("LlamaTokenizer", "\"add_bos_token\":true");
    model
        .refused()
        .hasMessageContaining("tokenizer_config.json asks for a bos_token with every text")
        .hasMessageContaining("the tokenizer has no token '<s>'");
    config("LlamaTokenizer", "\"add_bos_token\":true,\"bos_token\":\"<begin>\"");
    assertThat(model.ids("a")).containsExactly(1, 3);
  }

  @Test
  void aTemplateIsAddedWhereThereIsNone() {
    model.with(
        "tokenizer.json", TOKENIZER.replaceFirst("(?s)\"post_processor\":\\{.*?\\}\\}\\},", ""));
    config("GPT2Tokenizer", "");
    assertThat(model.ids("a")).containsExactly(3);
    config("LlamaTokenizer", "");
    assertThat(model.ids("a")).containsExactly(1, 3);
  }

  @Test
  void tokenizerJsonGoesBeforeAllOthers() {
    model
        .with("vocab.json", "broken")
        .with("merges.txt", "broken")
        .with("tokenizer.model", "broken");
    assertThat(model.ids("a")).containsExactly(1, 3);
  }

  @Test
  void ofTheOthersTheClassDecides() {
    model
        .without("tokenizer.json")
        .with("vocab.json", "{\"a\":7}")
        .with("merges.txt", "")
        .with("tokenizer.model", SentencePieceBytes.llama().piece("a", 0).piece("▁", 0).trained(2));
    assertThat(model.ids("a")).containsExactly(1, 4, 3);
    config("GPT2Tokenizer", "");
    assertThat(model.ids("a")).containsExactly(7);
    config("LlamaTokenizerFast", "");
    assertThat(model.ids("a")).containsExactly(1, 4, 3);
    model.without("tokenizer_config.json").with("config.json", "{\"vocab_size\":20}");
    assertThat(model.ids("a")).containsExactly(7);
    model.without("vocab.json");
    assertThat(model.ids("a")).containsExactly(1, 4, 3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "LlamaTokenizer", "GPT2Tokenizer", "PreTrainedTokenizerFast"})
  void whereNothingIsThereAllPossibilitiesAreNamed(String className) {
    model.without("tokenizer.json");
    config(className, "");
    model
        .refused()
        .hasMessageContaining("has no tokenizer that can be used")
        .hasMessageContaining(className)
        .hasMessageContaining("tokenizer.json")
        .hasMessageContaining("vocab.json with merges.txt")
        .hasMessageContaining("tokenizer.model");
  }

  private static int[] numbers(String text) {
    return java.util.Arrays.stream(text.split(" ")).mapToInt(Integer::parseInt).toArray();
  }
}
