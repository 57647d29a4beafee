package io.coppice.text.convert;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * The classes of transformers whose tokenizers can be made from files other than {@code
 * tokenizer.json}, or whose begin and end tokens depend on the configuration.
 */
enum TokenizerKind {
  /** Byte-level BPE of GPT-2, and of OPT. */
  GPT2("GPT2Tokenizer", "<|endoftext|>", "<|endoftext|>"),
  /** Byte-level BPE with Qwen's own pattern of words, on composed characters. */
  QWEN2("Qwen2Tokenizer", "", "<|endoftext|>"),
  /** SentencePiece BPE with a fallback to bytes; the template follows the configuration. */
  LLAMA("LlamaTokenizer", "<s>", "</s>"),
  /** Like LLaMA's, with tokens of its own for infilling; made from {@code tokenizer.json} alone. */
  CODE_LLAMA("CodeLlamaTokenizer", "<s>", "</s>");

  /** The kinds that AutoTokenizer chooses where no file names a class. */
  private static final Map<String, TokenizerKind> BY_MODEL_TYPE =
      Map.of("llama", LLAMA, "mistral", LLAMA, "qwen2", QWEN2, "qwen3", QWEN2, "opt", GPT2);

  private final String className;
  private final String begin;
  private final String end;

  TokenizerKind(String className, String begin, String end) {
    this.className = className;
    this.begin = begin;
    this.end = end;
  }

  /** The kind of a class, by the name of the fast one or the slow one. */
  static Optional<TokenizerKind> named(String className) {
    String name =
        className.endsWith("Fast")
            ? className.substring(0, className.length() - "Fast".length())
            : className;
    return Arrays.stream(values()).filter(kind -> kind.className.equals(name)).findFirst();
  }

  /** The kind of a {@code model_type} in {@code config.json}. */
  static Optional<TokenizerKind> ofModelType(String modelType) {
    return Optional.ofNullable(BY_MODEL_TYPE.get(modelType));
  }

  String className() {
    return className;
  }

  /** Whether it can be made from {@code vocab.json} and {@code merges.txt}. */
  boolean isOfVocabularyAndMerges() {
    return this == GPT2 || this == QWEN2;
  }

  /** Whether it can be made from {@code tokenizer.model}. */
  boolean isOfSentencePieceModel() {
    return this == LLAMA;
  }

  /** Whether add_bos_token and add_eos_token count, regardless of the tokenizer's template. */
  boolean templateFollowsFlags() {
    return this == LLAMA || this == CODE_LLAMA;
  }

  /** The default of the class for a special token that the files do not name; empty for none. */
  String defaultToken(String role) {
    return switch (role) {
      case "bos_token" -> begin;
      case "eos_token" -> end;
      case "unk_token" -> templateFollowsFlags() ? "<unk>" : end;
      case "pad_token" -> this == QWEN2 ? end : "";
      default -> "";
    };
  }
}
