package io.coppice.model;

import io.coppice.kernel.RotaryEmbedding;
import java.io.Serializable;

/**
 * The frequencies of a model's rotary positions, as {@code rope_theta} with {@code rope_scaling},
 * or the newer {@code rope_parameters}, gives them.
 *
 * @param theta base of the frequencies
 */
public record RopeParameters(double theta, Scaling scaling) implements Serializable {

  /** How a model stretches the frequencies to longer texts than it was first trained on. */
  public sealed interface Scaling extends Serializable {
    /** Not at all. */
    record None() implements Scaling {}

    /** All alike: f / factor. */
    record Linear(double factor) implements Scaling {}

    /**
     * LLaMA 3.1's, by wavelength λ = 2π / f: those longer than original / low are divided by the
     * factor, those shorter than original / high stay, and those between are mixed from both by s =
     * (original / λ − low) / (high − low): f · ((1 − s) / factor + s).
     *
     * @param originalMaxPositions the positions of the first training, in tokens
     */
    record Llama3(
        double factor,
        double lowFrequencyFactor,
        double highFrequencyFactor,
        int originalMaxPositions)
        implements Scaling {}
  }

  /**
   * Reads the frequencies' keys.
   *
   * @throws io.coppice.failure.InvalidDataException for a scaling that is not known
   */
  static RopeParameters parse(ConfigReader config) {
    double theta = config.positiveNumber("rope_theta", 10000);
    requireWholeHeads(config);
    boolean newer = config.isPresent("rope_parameters");
    if (!newer && !config.isPresent("rope_scaling")) {
      return new RopeParameters(theta, new Scaling.None());
    }
    config.check(
        "rope_scaling",
        !newer || !config.isPresent("rope_scaling"),
        "absent or null beside rope_parameters");
    ConfigReader parameters = config.object(newer ? "rope_parameters" : "rope_scaling");
    requireWholeHeads(parameters);
    return new RopeParameters(parameters.positiveNumber("rope_theta", theta), scaling(parameters));
  }

  private static void requireWholeHeads(ConfigReader config) {
    config.check(
        "partial_rotary_factor",
        config.positiveNumber("partial_rotary_factor", 1) == 1,
        "absent or 1: positions that turn a part of each head are not supported");
  }

  private static Scaling scaling(ConfigReader parameters) {
    String key = parameters.isPresent("rope_type") ? "rope_type" : "type";
    String type = parameters.text(key);
    return switch (type) {
      case "default" -> new Scaling.None();
      case "linear" -> new Scaling.Linear(parameters.positiveNumber("factor"));
      case "llama3" -> llama3(parameters);
      default -> throw parameters.unfit(key, "default, linear or llama3");
    };
  }

  private static Scaling llama3(ConfigReader parameters) {
    double low = parameters.positiveNumber("low_freq_factor");
    double high = parameters.positiveNumber("high_freq_factor");
    parameters.check("high_freq_factor", high > low, "more than low_freq_factor");
    return new Scaling.Llama3(
        parameters.positiveNumber("factor"),
        low,
        high,
        parameters.positive("original_max_position_embeddings"));
  }

  /** f_i of heads of {@code headSize}, scaled; {@code headSize / 2} of them. */
  float[] inverseFrequencies(int headSize) {
    float[] frequencies = RotaryEmbedding.inverseFrequencies(headSize, theta);
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = scaled(frequencies[i]);
    }
    return frequencies;
  }

  /** In float32 as transformers does it. */
  private float scaled(float frequency) {
    if (scaling instanceof Scaling.Linear linear) {
      return frequency / (float) linear.factor();
    }
    if (!(scaling instanceof Scaling.Llama3 llama3)) {
      return frequency;
    }
    float low = (float) llama3.lowFrequencyFactor();
    float high = (float) llama3.highFrequencyFactor();
    float wavelength = (float) (2 * Math.PI) / frequency;
    float wavesInOriginal = llama3.originalMaxPositions() / wavelength;
    float stretched = frequency / (float) llama3.factor();
    if (wavesInOriginal < low) {
      return stretched;
    }
    if (wavesInOriginal > high) {
      return frequency;
    }
    float share = (wavesInOriginal - low) / (high - low);
    return (1 - share) * stretched + share * frequency;
  }
}
