package io.coppice.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The architectures that Coppice knows, by the name that {@code config.json} gives them. */
public final class ModelFamilies {
  private static final Map<String, Family> FAMILIES =
      new TreeMap<>(
          Map.of(
              LlamaModel.ARCHITECTURE, (config, tensors) -> LlamaModel.parse(config),
              Mistral.ARCHITECTURE, (config, tensors) -> Mistral.parse(config),
              OptModel.ARCHITECTURE, OptModel::parse,
              Qwen2.ARCHITECTURE, (config, tensors) -> Qwen2.parse(config),
              Qwen3.ARCHITECTURE, (config, tensors) -> Qwen3.parse(config)));

  private ModelFamilies() {}

  @FunctionalInterface
  private interface Family {
    LanguageModel parse(JsonNode config, Collection<String> tensors);
  }

  /** As the other {@code parse}, where tensors have their family's usual names. */
  public static LanguageModel parse(JsonNode config) {
    return parse(config, List.of());
  }

  /**
   * The model that a {@code config.json} describes.
   *
   * @param tensors names of the checkpoint's tensors, of which some families have two spellings
   * @throws InvalidDataException for an unknown architecture or unusable values
   */
  public static LanguageModel parse(JsonNode config, Collection<String> tensors) {
    JsonNode architectures = config.path("architectures");
    if (!architectures.isArray() || architectures.size() != 1) {
      throw new InvalidDataException(
          "config.json: architectures is %s; expected a list of one name, one of %s"
              .formatted(Words.line(architectures.toString()), FAMILIES.keySet()));
    }
    String name = architectures.get(0).asText();
    Family family = FAMILIES.get(name);
    if (family == null) {
      throw new InvalidDataException(
          "config.json: the architecture %s is not supported; supported are %s"
              .formatted(Words.line(name), FAMILIES.keySet()));
    }
    return family.parse(config, tensors);
  }
}
