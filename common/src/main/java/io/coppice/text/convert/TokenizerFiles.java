package io.coppice.text.convert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.checkpoint.ModelFolder;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import java.nio.charset.StandardCharsets;

/**
 * Finds a model's tokenizer among its files, in this order: {@code tokenizer.json}; of the class
 * GPT2Tokenizer or Qwen2Tokenizer, {@code vocab.json} with {@code merges.txt}; of the class
 * LlamaTokenizer, {@code tokenizer.model}. Of several files only the first is read. The class is
 * the {@code tokenizer_class} of {@code tokenizer_config.json}, otherwise that of {@code
 * config.json}, otherwise the one that AutoTokenizer chooses for the {@code model_type}; where none
 * of these says anything, the files that exist decide.
 *
 * <p>For the classes LlamaTokenizer and CodeLlamaTokenizer the template that adds a begin and an
 * end token is made again from {@code add_bos_token}, {@code add_eos_token} and the two tokens, as
 * the fast tokenizers of transformers 4 do; all other classes keep the template of {@code
 * tokenizer.json}.
 */
public final class TokenizerFiles {
  private static final String TOKENIZER = "tokenizer.json";
  private static final int LONGEST = 64 << 20;

  private TokenizerFiles() {}

  /**
   * Reads a model's tokenizer.
   *
   * @param modelConfig the content of {@code config.json}
   * @throws InvalidDataException if there is none, it is broken, or of a kind that is not supported
   */
  public static TokenizerJson read(ModelFolder folder, JsonNode modelConfig) {
    TokenizerConfig config = TokenizerConfig.read(folder, modelConfig);
    if (folder.contains(TOKENIZER)) {
      return ofJson(folder, config);
    }
    TokenizerKind kind = kind(folder, config);
    if (kind.isOfVocabularyAndMerges() && VocabularyAndMerges.isIn(folder)) {
      ObjectNode made = VocabularyAndMerges.convert(folder, config.of(kind), kind);
      return result(made, made.toString(), folder, VocabularyAndMerges.VOCABULARY, config);
    }
    if (kind.isOfSentencePieceModel() && folder.contains(SentencePieceBpe.FILE)) {
      ObjectNode made = SentencePieceBpe.convert(folder, config.of(kind));
      return result(made, made.toString(), folder, SentencePieceBpe.FILE, config);
    }
    throw missing(folder, config);
  }

  private static TokenizerJson ofJson(ModelFolder folder, TokenizerConfig config) {
    // Read by Jackson first: its messages name the place, and it refuses text that is not JSON at
    // all.
    ObjectNode json = (ObjectNode) folder.strictJson(TOKENIZER, LONGEST);
    JsonNode template = json.path("post_processor");
    if (config.kind().filter(TokenizerKind::templateFollowsFlags).isPresent()) {
      BeginEndTemplate.ofFlags(json, config);
    }
    // A file that is not changed goes to the library as it is.
    String text =
        json.path("post_processor") == template
            ? new String(folder.read(TOKENIZER, LONGEST), StandardCharsets.UTF_8)
            : json.toString();
    return result(json, text, folder, TOKENIZER, config);
  }

  private static TokenizerJson result(
      ObjectNode json, String text, ModelFolder folder, String file, TokenizerConfig config) {
    return new TokenizerJson(
        json, text, folder.pathOf(file), config.named("bos_token").map(AddedToken::content));
  }

  private static TokenizerKind kind(ModelFolder folder, TokenizerConfig config) {
    if (config.kind().isPresent()) {
      return config.kind().get();
    }
    if (config.className().isEmpty()) {
      return VocabularyAndMerges.isIn(folder) ? TokenizerKind.GPT2 : TokenizerKind.LLAMA;
    }
    throw missing(folder, config);
  }

  private static InvalidDataException missing(ModelFolder folder, TokenizerConfig config) {
    String of = config.kind().map(TokenizerKind::className).orElse(Words.line(config.className()));
    return new InvalidDataException(
        ("Model folder %s has no tokenizer that can be used%s: it needs tokenizer.json, or"
                + " vocab.json with merges.txt (GPT2Tokenizer, Qwen2Tokenizer), or tokenizer.model"
                + " (LlamaTokenizer)")
            .formatted(folder.path(), of.isEmpty() ? "" : ", of the class " + of));
  }
}
