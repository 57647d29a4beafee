package io.coppice.model;

import io.coppice.failure.InvalidDataException;
import io.coppice.kernel.RotaryEmbedding;
import java.io.Serializable;
import java.util.List;
import java.util.Optional;

/**
 * The frequencies of a model's rotary positions, as {@code rope_theta} with {@code rope_scaling},
 * or the newer {@code rope_parameters}, gives them.
 *
 * @param theta base of the frequencies
 */
public record RopeParameters(double theta, Scaling scaling) implements Serializable {

  private static final String OLDER = "rope_scaling";
  private static final String NEWER = "rope_parameters";
  private static final String THETA = "rope_theta";
  private static final String TYPE = "rope_type";
  private static final String OLDER_TYPE = "type";
  private static final double DEFAULT_THETA = 10000;

  /** Keys that would have no effect without a type, some of them of types unknown here. */
  private static final List<String> SCALES =
      List.of("factor", "low_freq_factor", "short_factor", "long_factor", "mrope_section");

  /**
   * The way a model stretches the frequencies for texts longer than those it was first trained on.
   */
  public sealed interface Scaling extends Serializable {
    /** No scaling. */
    record None() implements Scaling {}

    /** The same for all frequencies: f / factor. */
    record Linear(double factor) implements Scaling {}

    /**
     * The scaling of LLaMA 3.1, by wavelength λ = 2π / f: those longer than original / low are
     * divided by the factor, those shorter than original / high are kept, and those in between are
     * mixed from both by s = (original / λ − low) / (high − low): f · ((1 − s) / factor + s).
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
   * Reads the frequencies' keys, in every form that transformers 4 and 5 write: {@code rope_theta}
   * beside {@code rope_scaling}, or both in {@code rope_parameters}, where a missing type means
   * that nothing is scaled. Values that are given twice must agree, because programs differ in
   * which of them they read.
   *
   * @throws InvalidDataException for a scaling that is not known, or two different statements
   */
  static RopeParameters parse(ConfigReader config) {
    requireWholeHeads(config);
    Optional<RopeParameters> older = in(config, OLDER);
    Optional<RopeParameters> newer = in(config, NEWER);
    if (older.isPresent() && newer.isPresent() && !older.equals(newer)) {
      throw contradiction(config.statement(OLDER), config.statement(NEWER));
    }
    return newer
        .or(() -> older)
        .orElseGet(
            () ->
                new RopeParameters(
                    config.positiveNumber(THETA, DEFAULT_THETA), new Scaling.None()));
  }

  /** The parameters under one of the two keys, if there are any. */
  private static Optional<RopeParameters> in(ConfigReader config, String key) {
    if (!config.isPresent(key) || config.object(key).isEmpty()) {
      return Optional.empty();
    }
    ConfigReader parameters = config.object(key);
    parameters.requireFlat("no object: parameters by type of layer are not supported");
    requireWholeHeads(parameters);
    double outer = config.positiveNumber(THETA, DEFAULT_THETA);
    double theta = parameters.positiveNumber(THETA, outer);
    if (config.isPresent(THETA) && theta != outer) {
      throw contradiction(config.statement(THETA), parameters.statement(THETA));
    }
    return Optional.of(new RopeParameters(theta, scaling(parameters)));
  }

  private static InvalidDataException contradiction(String one, String other) {
    return new InvalidDataException(
        "config.json: %s, but %s; leave only what the model was trained with"
            .formatted(one, other));
  }

  private static void requireWholeHeads(ConfigReader config) {
    config.check(
        "partial_rotary_factor",
        config.positiveNumber("partial_rotary_factor", 1) == 1,
        "absent or 1: positions that turn a part of each head are not supported");
  }

  private static Scaling scaling(ConfigReader parameters) {
    boolean newer = parameters.isPresent(TYPE);
    boolean older = parameters.isPresent(OLDER_TYPE);
    if (newer && older && !parameters.text(TYPE).equals(parameters.text(OLDER_TYPE))) {
      throw contradiction(parameters.statement(TYPE), parameters.statement(OLDER_TYPE));
    }
    if (!newer && !older) {
      for (String scales : SCALES) {
        parameters.check(
            scales,
            !parameters.isPresent(scales),
            "a %s beside it that says how the frequencies are scaled".formatted(TYPE));
      }
      return new Scaling.None();
    }
    String key = newer ? TYPE : OLDER_TYPE;
    return switch (parameters.text(key)) {
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

  /** In float32, as in transformers. */
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
