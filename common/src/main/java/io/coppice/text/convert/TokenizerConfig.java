package io.coppice.text.convert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.coppice.checkpoint.ModelFolder;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import io.coppice.text.convert.AddedToken.Property;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The description of a tokenizer in a model's small files, read as transformers reads them: {@code
 * tokenizer_config.json}; {@code special_tokens_map.json}, which takes precedence over it, and
 * {@code added_tokens.json}, both only where {@code tokenizer_config.json} has no {@code
 * added_tokens_decoder}; {@code config.json} for the class where nothing else names one.
 */
final class TokenizerConfig {
  static final String FILE = "tokenizer_config.json";
  private static final String SPECIAL_TOKENS = "special_tokens_map.json";
  private static final String ADDED_TOKENS = "added_tokens.json";
  private static final String DECODER = "added_tokens_decoder";
  private static final String CLASS = "tokenizer_class";
  private static final String MORE_SPECIAL = "additional_special_tokens";
  private static final int LONGEST = 16 << 20;

  /** The special tokens' roles, in the order in which transformers adds their tokens. */
  static final List<String> ROLES =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");

  private final ModelFolder folder;
  private final JsonNode values;
  private final JsonNode specialTokens;
  private final String className;
  private final Optional<TokenizerKind> kind;

  private TokenizerConfig(
      ModelFolder folder,
      JsonNode values,
      JsonNode specialTokens,
      String className,
      Optional<TokenizerKind> kind) {
    this.folder = folder;
    this.values = values;
    this.specialTokens = specialTokens;
    this.className = className;
    this.kind = kind;
  }

  /**
   * Reads the files, any of which may be missing.
   *
   * @throws InvalidDataException if one is not a JSON object
   */
  static TokenizerConfig read(ModelFolder folder, JsonNode modelConfig) {
    JsonNode values = optional(folder, FILE);
    JsonNode specialTokens =
        values.has(DECODER)
            ? JsonNodeFactory.instance.objectNode()
            : optional(folder, SPECIAL_TOKENS);
    String className = values.path(CLASS).asText(modelConfig.path(CLASS).asText(""));
    Optional<TokenizerKind> kind =
        className.isEmpty()
            ? TokenizerKind.ofModelType(modelConfig.path("model_type").asText())
            : TokenizerKind.named(className);
    return new TokenizerConfig(folder, values, specialTokens, className, kind);
  }

  /** The same with a kind that was decided elsewhere. */
  TokenizerConfig of(TokenizerKind decided) {
    return new TokenizerConfig(folder, values, specialTokens, className, Optional.of(decided));
  }

  private static JsonNode optional(ModelFolder folder, String file) {
    return folder.contains(file)
        ? folder.json(file, LONGEST)
        : JsonNodeFactory.instance.objectNode();
  }

  /** The class that the files name, as written there; empty if none does. */
  String className() {
    return className;
  }

  /**
   * The tokenizer's kind, by its class, otherwise by the model's type; empty for all other kinds.
   */
  Optional<TokenizerKind> kind() {
    return kind;
  }

  /** Whether a value is given, even as null. */
  boolean has(String key) {
    return values.has(key);
  }

  /** Whether a value is given as null. */
  boolean isNull(String key) {
    return values.path(key).isNull();
  }

  /**
   * A switch. As in Python, null is false.
   *
   * @throws InvalidDataException if it is neither true, false nor null
   */
  boolean flag(String key, boolean otherwise) {
    JsonNode value = values.path(key);
    if (value.isMissingNode()) {
      return otherwise;
    }
    if (!value.isBoolean() && !value.isNull()) {
      throw broken(FILE, "has the %s %s, which must be true or false", key, value);
    }
    return value.booleanValue();
  }

  /**
   * The token of a role, such as {@code bos_token}: that of the files, otherwise the default of its
   * class; empty if there is none.
   *
   * @throws InvalidDataException if the value is neither a token nor null
   */
  Optional<AddedToken> special(String role) {
    if (value(role).isMissingNode()) {
      return kind.map(known -> known.defaultToken(role)).flatMap(this::ofText);
    }
    return named(role);
  }

  /** As {@link #special}, but only if the files name one. */
  Optional<AddedToken> named(String role) {
    JsonNode value = value(role);
    return value.isMissingNode() || value.isNull() ? Optional.empty() : token(value, role);
  }

  /** The special tokens that have no role. */
  List<AddedToken> moreSpecial() {
    JsonNode list = value(MORE_SPECIAL);
    if (!list.isArray() && !list.isNull() && !list.isMissingNode()) {
      throw broken(file(MORE_SPECIAL), "has the %s %s, which must be a list", MORE_SPECIAL, list);
    }
    List<AddedToken> tokens = new ArrayList<>();
    list.forEach(value -> token(value, MORE_SPECIAL).ifPresent(tokens::add));
    return tokens;
  }

  private JsonNode value(String role) {
    return specialTokens.has(role) ? specialTokens.path(role) : values.path(role);
  }

  private String file(String role) {
    return specialTokens.has(role) ? SPECIAL_TOKENS : FILE;
  }

  private Optional<AddedToken> token(JsonNode value, String role) {
    if (value.isObject()) {
      return Optional.of(
          AddedToken.of(value, "The %s of %s".formatted(role, path(file(role)))).asSpecial());
    }
    if (!value.isTextual()) {
      throw broken(file(role), "has the %s %s, which is not a token", role, value);
    }
    return ofText(value.textValue());
  }

  /** A special token that is written as a text has the properties that its class gives it. */
  private Optional<AddedToken> ofText(String text) {
    boolean normalized = kind.filter(TokenizerKind.GPT2::equals).isPresent();
    AddedToken token = normalized ? AddedToken.of(text, Property.NORMALIZED) : AddedToken.of(text);
    return text.isEmpty() ? Optional.empty() : Optional.of(token.asSpecial());
  }

  /** Whether the added tokens are listed with their properties. */
  boolean listsAddedTokens() {
    return values.has(DECODER);
  }

  /** The file that lists the added tokens, if one does. */
  String addedTokensFile() {
    return path(listsAddedTokens() ? FILE : ADDED_TOKENS);
  }

  /**
   * The tokens that were added to the vocabulary, by id: {@code added_tokens_decoder}, otherwise
   * {@code added_tokens.json}.
   */
  SortedMap<Integer, AddedToken> addedTokens() {
    SortedMap<Integer, AddedToken> tokens = new TreeMap<>();
    if (listsAddedTokens()) {
      values
          .path(DECODER)
          .fields()
          .forEachRemaining(
              entry -> {
                String what = "Token %s of %s".formatted(Words.quote(entry.getKey()), path(FILE));
                tokens.put(id(entry.getKey()), AddedToken.of(entry.getValue(), what));
              });
    } else if (folder.contains(ADDED_TOKENS)) {
      Set<String> special = namedSpecial();
      folder
          .json(ADDED_TOKENS, LONGEST)
          .fields()
          .forEachRemaining(
              entry -> {
                JsonNode id = entry.getValue();
                if (!id.isInt() || id.intValue() < 0 || entry.getKey().isEmpty()) {
                  throw broken(ADDED_TOKENS, "gives token '%s' the id %s", entry.getKey(), id);
                }
                Property property =
                    special.contains(entry.getKey()) ? Property.SPECIAL : Property.NORMALIZED;
                tokens.put(id.intValue(), AddedToken.of(entry.getKey(), property));
              });
    }
    return tokens;
  }

  private Set<String> namedSpecial() {
    return Stream.concat(
            ROLES.stream().flatMap(role -> named(role).stream()), moreSpecial().stream())
        .map(AddedToken::content)
        .collect(Collectors.toSet());
  }

  private int id(String text) {
    if (!text.matches("\\d{1,9}")) {
      throw broken(FILE, "has %s with %s, which is not an id", DECODER, values.path(DECODER));
    }
    return Integer.parseInt(text);
  }

  /** The full path of {@code tokenizer_config.json}. */
  String path() {
    return path(FILE);
  }

  private String path(String file) {
    return folder.pathOf(file);
  }

  private InvalidDataException broken(String file, String what, String key, JsonNode value) {
    return new InvalidDataException(
        path(file) + " " + what.formatted(Words.line(key), Words.line(value.toString())));
  }
}
