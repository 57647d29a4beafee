package io.coppice.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.Serializable;
import java.util.HashSet;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The tokens that begin a text, end one, and are ordinary parts of it.
 *
 * @param begin the token that the tokenizer puts in front of a text; −1 for none
 * @param ends the tokens after which a text is over; the one that begins a new text is among them
 * @param ordinary all others that are parts of text, in ascending order: neither special nor the
 *     token for unknown text
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record TokenRoles(int begin, Set<Integer> ends, int[] ordinary) implements Serializable {
  private static final String END = "eos_token_id";

  public TokenRoles {
    ends = Set.copyOf(ends);
  }

  /** The token in front of a text, where there is one. */
  public OptionalInt beginning() {
    return begin < 0 ? OptionalInt.empty() : OptionalInt.of(begin);
  }

  /**
   * Looks the roles up.
   *
   * @param tokenizer {@code tokenizer.json}
   * @param config {@code config.json}
   * @param generation {@code generation_config.json}, whose ends take precedence over those of
   *     {@code config}; an empty object if the model has none
   * @param emptyText the tokens of an empty text
   * @param bosId the beginning-of-sequence token, if the model has one
   */
  static TokenRoles of(
      JsonNode tokenizer,
      JsonNode config,
      JsonNode generation,
      int[] emptyText,
      OptionalInt bosId) {
    Set<Integer> ends = ids(generation.hasNonNull(END) ? generation.path(END) : config.path(END));
    boolean begins = emptyText.length > 0 && bosId.isPresent() && emptyText[0] == bosId.getAsInt();
    bosId.ifPresent(ends::add);
    Set<Integer> special = new HashSet<>(ends);
    Set<Integer> known = new HashSet<>();
    String unknown = tokenizer.path("model").path("unk_token").asText("");
    JsonNode vocabulary = tokenizer.path("model").path("vocab");
    if (vocabulary.isArray()) {
      IntStream.range(0, vocabulary.size()).forEach(known::add);
      special.addAll(ids(tokenizer.path("model").path("unk_id")));
    }
    vocabulary
        .fields()
        .forEachRemaining(
            word -> (word.getKey().equals(unknown) ? special : known).add(word.getValue().asInt()));
    for (JsonNode added : tokenizer.path("added_tokens")) {
      (added.path("special").asBoolean() ? special : known).add(added.path("id").asInt());
    }
    int[] ordinary =
        known.stream()
            .filter(id -> !special.contains(id))
            .filter(id -> id >= 0 && id < config.path("vocab_size").asInt())
            .mapToInt(Integer::intValue)
            .sorted()
            .toArray();
    return new TokenRoles(begins ? bosId.getAsInt() : -1, ends, ordinary);
  }

  /** One id, or a list of them. */
  private static Set<Integer> ids(JsonNode value) {
    Set<Integer> ids = new HashSet<>();
    if (value.isInt()) {
      ids.add(value.intValue());
    }
    value.forEach(id -> ids.add(id.intValue()));
    return ids;
  }
}
