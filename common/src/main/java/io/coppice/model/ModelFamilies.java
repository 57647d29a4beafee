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

  private static final String ARCHITECTURES = "architectures";
  private static final String NESTED = "text_config";

  private ModelFamilies() {}

  @FunctionalInterface
  private interface Family {
    LanguageModel parse(JsonNode config, Collection<String> tensors);
  }

  /** As the other {@code parse}, for tensors with their family's default names. */
  public static LanguageModel parse(JsonNode config) {
    return parse(config, List.of());
  }

  /**
   * The model that a {@code config.json} describes.
   *
   * @param tensors names of the checkpoint's tensors, which some families spell in two ways
   * @throws InvalidDataException for an unknown architecture or unusable values
   */
  public static LanguageModel parse(JsonNode config, Collection<String> tensors) {
    String name = architecture(config);
    boolean nested = config.path(NESTED).isObject();
    Family family = FAMILIES.get(name);
    if (family == null) {
      throw new InvalidDataException(
          "config.json: the architecture %s is not supported%s; supported are %s"
              .formatted(
                  Words.line(name),
                  nested ? " (" + NESTED + " shows a language model as a part of it)" : "",
                  FAMILIES.keySet()));
    }
    if (nested) {
      throw new InvalidDataException(
          ("config.json: %s holds the keys of a language model that is a part of another model; "
                  + "save the language model alone, with its keys at the top of its config.json")
              .formatted(NESTED));
    }
    LanguageModel model = family.parse(config, tensors);
    return model.head() == HeadStorage.TIED && isUnderHeadName(model, tensors)
        ? model.withHead(HeadStorage.TIED_UNDER_HEAD_NAME)
        : model;
  }

  private static boolean isUnderHeadName(LanguageModel model, Collection<String> tensors) {
    return tensors.contains(HeadStorage.HEAD_NAME) && !tensors.contains(model.embeddingName());
  }

  private static String architecture(JsonNode config) {
    JsonNode architectures = config.path(ARCHITECTURES);
    if (architectures.isMissingNode() || architectures.isNull()) {
      throw new InvalidDataException(
          "config.json lacks the key %s, which says what kind of model it is; supported are %s"
              .formatted(ARCHITECTURES, FAMILIES.keySet()));
    }
    if (!architectures.isArray() || architectures.size() != 1) {
      throw new InvalidDataException(
          "config.json: %s is %s; expected a list of one name, one of %s"
              .formatted(
                  ARCHITECTURES,
                  architectures.isArray() && architectures.isEmpty()
                      ? "an empty list"
                      : Words.line(architectures.toString()),
                  FAMILIES.keySet()));
    }
    return architectures.get(0).asText();
  }
}
