package io.coppice.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.failure.InvalidDataException;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** The architectures that Coppice knows, by the name that {@code config.json} gives them. */
public final class ModelFamilies {
  private static final Map<String, Function<JsonNode, LanguageModel>> FAMILIES =
      new TreeMap<>(
          Map.of(
              LlamaModel.ARCHITECTURE, LlamaModel::parse,
              Mistral.ARCHITECTURE, Mistral::parse,
              Qwen2.ARCHITECTURE, Qwen2::parse,
              Qwen3.ARCHITECTURE, Qwen3::parse));

  private ModelFamilies() {}

  /**
   * The model that a {@code config.json} describes.
   *
   * @throws InvalidDataException for an unknown architecture or unusable values
   */
  public static LanguageModel parse(JsonNode config) {
    JsonNode architectures = config.path("architectures");
    if (!architectures.isArray() || architectures.size() != 1) {
      throw new InvalidDataException(
          "config.json: architectures is %s; expected a list of one name, one of %s"
              .formatted(architectures, FAMILIES.keySet()));
    }
    String name = architectures.get(0).asText();
    Function<JsonNode, LanguageModel> family = FAMILIES.get(name);
    if (family == null) {
      throw new InvalidDataException(
          "config.json: the architecture %s is not supported; supported are %s"
              .formatted(name, FAMILIES.keySet()));
    }
    return family.apply(config);
  }
}
