package io.coppice.text.convert;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The added tokens of a tokenizer that is made from other files, with the ids that the tokenizers
 * library gives them: a word of the vocabulary keeps its id, any other token gets the next one.
 */
final class AddedTokens {
  /**
   * The roles that every class has; for other roles, a token that exists already stays as it is.
   */
  private static final Set<String> OF_EVERY_CLASS =
      Set.of("bos_token", "eos_token", "unk_token", "pad_token");

  private final Map<String, Integer> vocabulary;
  private final Map<String, AddedToken> tokens = new LinkedHashMap<>();
  private final Map<String, Integer> ids = new LinkedHashMap<>();
  private int next;

  /**
   * @param vocabulary the ids of the model's words
   */
  AddedTokens(Map<String, Integer> vocabulary) {
    this.vocabulary = vocabulary;
    this.next = vocabulary.size();
  }

  /** Adds a token, or gives other properties to one that was added before. */
  void add(AddedToken token) {
    String content = token.content();
    if (tokens.put(content, token) == null) {
      int id = vocabulary.containsKey(content) ? vocabulary.get(content) : next;
      ids.put(content, id);
      next = Math.max(next, id + 1);
    }
  }

  /**
   * Adds the tokens of a model's small files, in the same order as transformers.
   *
   * @throws InvalidDataException if a token's id is not the one that the library would give it
   */
  void addAll(TokenizerConfig config) {
    Map<Integer, AddedToken> listed = config.addedTokens();
    listed.forEach((id, token) -> add(token, id, config.addedTokensFile()));
    Set<String> settled =
        config.listsAddedTokens()
            ? listed.values().stream().map(AddedToken::content).collect(Collectors.toSet())
            : Set.of();
    for (String role : TokenizerConfig.ROLES) {
      for (AddedToken token : config.special(role).stream().toList()) {
        if (settled.contains(token.content())) {
          add(tokens.get(token.content()).asSpecial());
        } else if (OF_EVERY_CLASS.contains(role) || !tokens.containsKey(token.content())) {
          add(token);
        }
      }
    }
    for (AddedToken token : config.moreSpecial()) {
      if (!tokens.containsKey(token.content())) {
        add(token);
      }
    }
  }

  private void add(AddedToken token, int id, String file) {
    add(token);
    int given = ids.get(token.content());
    if (given != id) {
      throw new InvalidDataException(
          "%s gives the added token %s the id %d, but after the words of the vocabulary it has %d"
              .formatted(file, Words.quote(token.content()), id, given));
    }
  }

  /** Writes {@code added_tokens} of a tokenizer.json, by id. */
  void write(ArrayNode array) {
    ids.entrySet().stream()
        .sorted(Map.Entry.comparingByValue())
        .forEach(entry -> tokens.get(entry.getKey()).write(array, entry.getValue()));
  }
}
