package io.coppice.text.convert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The template that puts a begin token in front of a text, and an end token after it. */
final class BeginEndTemplate {
  private static final String PROCESSOR = "post_processor";

  private BeginEndTemplate() {}

  private record Token(String content, int id) {}

  /**
   * Gives a tokenizer the template that {@code add_bos_token} (by default true) and {@code
   * add_eos_token} (by default false) ask for. A tokenizer without the begin token keeps its
   * template if the files ask for neither.
   *
   * @throws InvalidDataException if the tokenizer lacks a token that they ask for
   */
  static void ofFlags(ObjectNode tokenizer, TokenizerConfig config) {
    boolean begins = config.flag("add_bos_token", true);
    boolean ends = config.flag("add_eos_token", false);
    Optional<Token> begin = find(tokenizer, config, "bos_token");
    if (begins && begin.isEmpty() && !ends && !config.has("add_bos_token")) {
      return;
    }
    List<Token> before = begins ? List.of(require(begin, config, "bos_token")) : List.of();
    List<Token> after =
        ends
            ? List.of(require(find(tokenizer, config, "eos_token"), config, "eos_token"))
            : List.of();
    write(tokenizer, before, after);
  }

  /**
   * Gives a tokenizer the template that begins each text with the begin token.
   *
   * @throws InvalidDataException if the tokenizer lacks it
   */
  static void ofBegin(ObjectNode tokenizer, TokenizerConfig config) {
    Optional<Token> begin = find(tokenizer, config, "bos_token");
    write(tokenizer, List.of(require(begin, config, "bos_token")), List.of());
  }

  private static Optional<Token> find(ObjectNode tokenizer, TokenizerConfig config, String role) {
    Optional<String> content = config.special(role).map(AddedToken::content);
    OptionalInt id =
        content.map(text -> TokenizerJson.id(tokenizer, text)).orElse(OptionalInt.empty());
    return id.isPresent() ? content.map(text -> new Token(text, id.getAsInt())) : Optional.empty();
  }

  private static Token require(Optional<Token> token, TokenizerConfig config, String role) {
    return token.orElseThrow(
        () ->
            new InvalidDataException(
                "%s asks for a %s with every text, but %s"
                    .formatted(
                        config.path(),
                        role,
                        config
                            .special(role)
                            .map(AddedToken::content)
                            .map(text -> "the tokenizer has no token " + Words.quote(text))
                            .orElse("names none"))));
  }

  private static void write(ObjectNode tokenizer, List<Token> before, List<Token> after) {
    ObjectNode template = tokenizer.objectNode().put("type", "TemplateProcessing");
    ArrayNode single = template.putArray("single");
    ArrayNode pair = template.putArray("pair");
    sequence(single, before, "A", after);
    sequence(pair, before, "A", after);
    sequence(pair, before, "B", after);
    ObjectNode special = template.putObject("special_tokens");
    List<Token> all = new ArrayList<>(before);
    all.addAll(after);
    for (Token token : all) {
      ObjectNode entry = special.putObject(token.content()).put("id", token.content());
      entry.putArray("ids").add(token.id());
      entry.putArray("tokens").add(token.content());
    }
    JsonNode old = tokenizer.path(PROCESSOR);
    if (!old.equals(template)) {
      tokenizer.set(PROCESSOR, template);
    }
  }

  private static void sequence(
      ArrayNode pieces, List<Token> before, String text, List<Token> after) {
    int type = text.equals("A") ? 0 : 1;
    before.forEach(token -> piece(pieces, "SpecialToken", token.content(), type));
    piece(pieces, "Sequence", text, type);
    after.forEach(token -> piece(pieces, "SpecialToken", token.content(), type));
  }

  private static void piece(ArrayNode pieces, String kind, String id, int type) {
    pieces.addObject().putObject(kind).put("id", id).put("type_id", type);
  }
}
