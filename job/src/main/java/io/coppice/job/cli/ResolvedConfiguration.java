package io.coppice.job.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.storage.Json;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * Every option of a run with the value that it has in the end.
 *
 * @param values values by name of the option without dashes, in the order of the help, each a
 *     string, number, boolean or list of strings
 */
public record ResolvedConfiguration(Map<String, Object> values) {
  public ResolvedConfiguration {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /** The same with one value replaced or added, for values that depend on the model. */
  public ResolvedConfiguration with(String key, Object value) {
    Map<String, Object> changed = new LinkedHashMap<>(values);
    changed.put(key, value);
    return new ResolvedConfiguration(changed);
  }

  /** The same with all of another's values added. */
  public ResolvedConfiguration with(ResolvedConfiguration more) {
    Map<String, Object> changed = new LinkedHashMap<>(values);
    changed.putAll(more.values);
    return new ResolvedConfiguration(changed);
  }

  /** The same without some values. */
  public ResolvedConfiguration without(Set<String> keys) {
    Map<String, Object> others = new LinkedHashMap<>(values);
    others.keySet().removeAll(keys);
    return new ResolvedConfiguration(others);
  }

  /** The differences, one for each key, as "key: one value, not the other". */
  public List<String> differences(ResolvedConfiguration other) {
    TreeSet<String> keys = new TreeSet<>(values.keySet());
    keys.addAll(other.values.keySet());
    return keys.stream()
        .filter(key -> !Objects.equals(text(key), other.text(key)))
        .map(key -> "%s: %s, not %s".formatted(key, text(key), other.text(key)))
        .toList();
  }

  /** Reads JSON that {@link #toJson} wrote. */
  public static ResolvedConfiguration fromJson(String json) throws JsonProcessingException {
    return of(Json.parse(json));
  }

  /** Reads what {@link #toTree} gave. */
  public static ResolvedConfiguration of(JsonNode json) {
    Map<String, Object> values = new LinkedHashMap<>();
    json.fields()
        .forEachRemaining(field -> values.put(field.getKey(), Json.plain(field.getValue())));
    return new ResolvedConfiguration(values);
  }

  /** Writes one JSON object. */
  public String toJson() {
    return Json.indented(values);
  }

  /** As one JSON object, to be part of another. */
  public JsonNode toTree() {
    return Json.tree(values);
  }

  /** One line of "key=value", for the log. */
  @Override
  public String toString() {
    return values.keySet().stream()
        .map(key -> key + "=" + text(key))
        .reduce((left, right) -> left + " " + right)
        .orElse("");
  }

  private String text(String key) {
    return String.valueOf(values.getOrDefault(key, "(not set)"));
  }
}
