package io.coppice.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.tensor.Arena;
import java.util.Random;

/** Models with random weights, to be run as a whole. */
public final class RandomWeights {
  private RandomWeights() {}

  /** The model of a {@code config.json}. */
  public static LanguageModel model(String config) {
    try {
      return ModelFamilies.parse(new ObjectMapper().readTree(config));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Weights around 0, those of norms around 1. */
  public static ModelInMemory of(LanguageModel model, float deviation, long seed, Arena arena) {
    Random random = new Random(seed);
    return ModelInMemory.read(
        model,
        (name, tensor) -> {
          for (int i = 0; i < tensor.rows(); i++) {
            for (int j = 0; j < tensor.columns(); j++) {
              float value = deviation * (float) random.nextGaussian();
              tensor.set(i, j, name.contains("norm.weight") ? 1 + value : value);
            }
          }
        },
        arena);
  }
}
