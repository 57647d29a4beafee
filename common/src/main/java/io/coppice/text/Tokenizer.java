package io.coppice.text;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.coppice.checkpoint.ModelFolder;
import io.coppice.failure.InvalidDataException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalInt;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * A model's tokenizer: Hugging Face's own library, working on the model's {@code tokenizer.json}.
 *
 * <p>Texts are encoded whole: truncation and padding that the file asks for are off. Every token is
 * checked to be in the model's vocabulary. May be shared between threads; holds native memory until
 * it is closed.
 */
public final class Tokenizer implements AutoCloseable {
  private static final String TOKENIZER = "tokenizer.json";
  private static final String TOKENIZER_CONFIG = "tokenizer_config.json";
  private static final String GENERATION_CONFIG = "generation_config.json";
  private static final int LONGEST_TOKENIZER = 256 << 20;
  private static final int LONGEST_CONFIG = 16 << 20;

  private final TokenizersLibrary library;
  private final long handle;
  private final String folder;
  private final int vocabularySize;
  private final OptionalInt bosId;
  private final TokenRoles roles;
  private boolean closed;

  private Tokenizer(
      TokenizersLibrary library,
      long handle,
      String folder,
      int vocabularySize,
      OptionalInt bosId,
      TokenRoles roles) {
    this.library = library;
    this.handle = handle;
    this.folder = folder;
    this.vocabularySize = vocabularySize;
    this.bosId = bosId;
    this.roles = roles;
  }

  /**
   * Loads the tokenizer of a model folder.
   *
   * @throws io.coppice.failure.UsageException if there is no such folder
   * @throws InvalidDataException if it has no {@code tokenizer.json}, or one that the library does
   *     not take, or {@code config.json} has no {@code vocab_size}
   */
  public static Tokenizer load(Path modelFolder, Configuration hadoop) {
    ModelFolder files = ModelFolder.open(modelFolder, hadoop);
    JsonNode config = files.config();
    JsonNode size = config.path("vocab_size");
    if (!size.isInt() || size.intValue() < 1) {
      throw new InvalidDataException(
          "%s/config.json must have a vocab_size, a whole number from 1 on, but has %s"
              .formatted(files.path(), size.isMissingNode() ? "none" : size));
    }
    // Read by Jackson first: its messages name the place, and it refuses what is no JSON at all.
    JsonNode tokenizer = files.json(TOKENIZER, LONGEST_TOKENIZER);
    OptionalInt bosId = bosId(files, config, tokenizer);
    if (bosId.isPresent() && (bosId.getAsInt() < 0 || bosId.getAsInt() >= size.intValue())) {
      throw outsideVocabulary(files.path().toString(), bosId.getAsInt(), size.intValue());
    }
    TokenizersLibrary library = TokenizerLibrary.load();
    String json = new String(files.read(TOKENIZER, LONGEST_TOKENIZER), StandardCharsets.UTF_8);
    long handle = create(library, json, files.path());
    library.disableTruncation(handle);
    library.disablePadding(handle);
    JsonNode generation =
        files.contains(GENERATION_CONFIG)
            ? files.json(GENERATION_CONFIG, LONGEST_CONFIG)
            : MissingNode.getInstance();
    int[] emptyText = ids(library, handle, "", true);
    return new Tokenizer(
        library,
        handle,
        files.path().toString(),
        size.intValue(),
        bosId,
        TokenRoles.of(tokenizer, config, generation, emptyText, bosId));
  }

  private static int[] ids(
      TokenizersLibrary library, long handle, String text, boolean addSpecialTokens) {
    long encoding = library.encode(handle, text, addSpecialTokens);
    try {
      return Arrays.stream(library.getTokenIds(encoding)).mapToInt(Math::toIntExact).toArray();
    } finally {
      library.deleteEncoding(encoding);
    }
  }

  /**
   * The tokens of a text.
   *
   * @param addSpecialTokens whether to add what the model's template adds, usually the
   *     beginning-of-sequence token at the front
   * @throws InvalidDataException if a token is not in the model's vocabulary
   */
  public int[] encode(String text, boolean addSpecialTokens) {
    requireOpen();
    int[] ids = ids(library, handle, withoutLoneSurrogates(text), addSpecialTokens);
    for (int id : ids) {
      if (id < 0 || id >= vocabularySize) {
        throw outsideVocabulary(folder, id, vocabularySize);
      }
    }
    return ids;
  }

  /**
   * The text of tokens, without special ones.
   *
   * @throws IllegalArgumentException if a token is not in the vocabulary
   */
  public String decode(int[] ids) {
    requireOpen();
    long[] tokens = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= vocabularySize) {
        throw new IllegalArgumentException(
            "Token %d is not in a vocabulary of %d".formatted(ids[i], vocabularySize));
      }
      tokens[i] = ids[i];
    }
    return library.decode(handle, tokens, true);
  }

  /** The number of rows of the model's embedding, {@code vocab_size} in {@code config.json}. */
  public int vocabularySize() {
    return vocabularySize;
  }

  /**
   * The beginning-of-sequence token: what {@code tokenizer_config.json} names, else the {@code
   * bos_token_id} of {@code config.json}; empty if the model has none.
   */
  public OptionalInt bosId() {
    return bosId;
  }

  /** Which tokens begin a text, end one, and are ordinary parts of it. */
  public TokenRoles roles() {
    return roles;
  }

  /** Frees the native memory. No other thread may be using the tokenizer. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      library.deleteTokenizer(handle);
    }
  }

  private static InvalidDataException outsideVocabulary(String folder, long id, int size) {
    return new InvalidDataException(
        ("The tokenizer in %s has token %d, but the model's vocabulary has %d (vocab_size in"
                + " config.json); tokenizer and model do not belong together")
            .formatted(folder, id, size));
  }

  private static long create(TokenizersLibrary library, String json, Path folder) {
    try {
      return library.createTokenizerFromString(json);
    } catch (RuntimeException e) {
      String reason = e.getMessage() == null ? e.toString() : e.getMessage();
      throw new InvalidDataException(
          "%s/%s is not a tokenizer that the tokenizers library reads: %s"
              .formatted(folder, TOKENIZER, reason.replaceAll("\\p{Cntrl}+", " ").strip()),
          e);
    }
  }

  private static OptionalInt bosId(ModelFolder files, JsonNode config, JsonNode tokenizer) {
    if (files.contains(TOKENIZER_CONFIG)) {
      JsonNode token = files.json(TOKENIZER_CONFIG, LONGEST_CONFIG).path("bos_token");
      String content = token.isObject() ? token.path("content").asText() : token.asText();
      if (!token.isNull() && !content.isEmpty()) {
        for (JsonNode added : tokenizer.path("added_tokens")) {
          if (added.path("content").asText().equals(content) && added.path("id").isInt()) {
            return OptionalInt.of(added.path("id").intValue());
          }
        }
      }
    }
    JsonNode id = config.path("bos_token_id");
    return id.isInt() ? OptionalInt.of(id.intValue()) : OptionalInt.empty();
  }

  /** Replaces halves of characters, which no UTF-8 text has but a broken JSON escape can make. */
  private static String withoutLoneSurrogates(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text)
        ? text
        : text.codePoints()
            .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xfffd : c)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("The tokenizer of " + folder + " is closed");
    }
  }
}
