package io.coppice.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.coppice.checkpoint.ModelFolder;
import io.coppice.failure.InvalidDataException;
import io.coppice.text.convert.TokenizerFiles;
import io.coppice.text.convert.TokenizerJson;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * A model's tokenizer: Hugging Face's own library, working on the model's {@code tokenizer.json} or
 * on one that is made from its other files, see {@link TokenizerFiles}.
 *
 * <p>Texts are encoded whole: any truncation and padding in the file are switched off. Every token
 * is checked to be in the model's vocabulary. May be shared between threads; holds native memory
 * until it is closed.
 */
public final class Tokenizer implements AutoCloseable {
  private static final String GENERATION_CONFIG = "generation_config.json";
  private static final int LONGEST_CONFIG = 16 << 20;

  private final NativeTokenizer tokenizer;
  private final OptionalInt bosId;
  private final TokenRoles roles;
  private boolean closed;

  private Tokenizer(NativeTokenizer tokenizer, OptionalInt bosId, TokenRoles roles) {
    this.tokenizer = tokenizer;
    this.bosId = bosId;
    this.roles = roles;
  }

  /**
   * Loads the tokenizer of a model folder.
   *
   * @throws io.coppice.failure.UsageException if there is no such folder
   * @throws InvalidDataException if it has no tokenizer, or one that the library does not accept,
   *     or {@code config.json} has no {@code vocab_size}
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
    TokenizerJson source = TokenizerFiles.read(files, config);
    TokenizerCheck.require(source.json(), source.file());
    OptionalInt bosId = bosId(source, config);
    bosId.ifPresent(id -> NativeTokenizer.requireKnown(id, size.intValue(), source.file()));
    JsonNode generation =
        files.contains(GENERATION_CONFIG)
            ? files.json(GENERATION_CONFIG, LONGEST_CONFIG)
            : MissingNode.getInstance();
    NativeTokenizer tokenizer =
        NativeTokenizer.create(source.text(), source.file(), size.intValue());
    try {
      return new Tokenizer(
          tokenizer,
          bosId,
          TokenRoles.of(source.json(), config, generation, tokenizer.encode("", true), bosId));
    } catch (RuntimeException e) {
      tokenizer.free();
      throw e;
    }
  }

  /**
   * The tokens of a text.
   *
   * @param addSpecialTokens whether to add the tokens of the model's template, usually the
   *     beginning-of-sequence token at the front
   * @throws InvalidDataException if it cannot, or a token is not in the model's vocabulary
   */
  public int[] encode(String text, boolean addSpecialTokens) {
    requireOpen();
    return tokenizer.encode(withoutLoneSurrogates(text), addSpecialTokens);
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
      if (ids[i] < 0 || ids[i] >= vocabularySize()) {
        throw new IllegalArgumentException(
            "Token %d is not in a vocabulary of %d".formatted(ids[i], vocabularySize()));
      }
      tokens[i] = ids[i];
    }
    return tokenizer.decode(tokens);
  }

  /** The number of rows of the model's embedding, {@code vocab_size} in {@code config.json}. */
  public int vocabularySize() {
    return tokenizer.vocabularySize();
  }

  /**
   * The beginning-of-sequence token: the {@code bos_token} of the tokenizer's files, otherwise the
   * {@code bos_token_id} of {@code config.json}; empty if the model has none.
   */
  public OptionalInt bosId() {
    return bosId;
  }

  /** The tokens that begin a text, end one, and are ordinary parts of it. */
  public TokenRoles roles() {
    return roles;
  }

  /** Frees the native memory. No other thread may be using the tokenizer. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      tokenizer.free();
    }
  }

  private static OptionalInt bosId(TokenizerJson source, JsonNode config) {
    OptionalInt named = source.begin().map(source::id).orElse(OptionalInt.empty());
    JsonNode id = config.path("bos_token_id");
    return named.isPresent() || !id.isInt() ? named : OptionalInt.of(id.intValue());
  }

  /**
   * Replaces halves of characters, which UTF-8 text never has but a broken JSON escape can produce.
   */
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
      throw new IllegalStateException("The tokenizer of " + tokenizer.file() + " is closed");
    }
  }
}
