package io.coppice.prune;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;

/** One case of golden.json; makes the same weight and inputs as make_golden.py. */
record GoldenCase(
    String name,
    int out,
    int columns,
    int sequences,
    int tokens,
    double sparsity,
    int kept,
    int group,
    List<Integer> dead,
    long seed,
    Map<String, String> masks,
    double outputError,
    List<Double> keptWeights,
    Map<String, Refit> refits) {

  /**
   * A method's result after four iterations.
   *
   * @param before output error ÷ output energy of the pruned weights
   * @param after the same of the refitted ones
   * @param keptWeights the refitted ones; in some cases only
   */
  record Refit(double before, double after, List<Double> keptWeights) {}

  static List<GoldenCase> load() throws IOException {
    try (InputStream json = GoldenCase.class.getResourceAsStream("/prune/golden.json")) {
      return List.of(new ObjectMapper().readValue(json, GoldenCase[].class));
    }
  }

  /** N:M where the case has groups, else unstructured. */
  SparsityPattern pattern() {
    return group > 0 ? new SemiStructured(kept, group) : new Unstructured(sparsity);
  }

  /** The layer of this case, in {@code arena}. */
  Layer layer(Arena arena) {
    Generator generator = new Generator(seed);
    Tensor weight = arena.tensor(out, columns);
    for (int row = 0; row < out; row++) {
      for (int column = 0; column < columns; column++) {
        weight.set(row, column, generator.next() / (float) (1 << 23));
      }
    }
    Tensor inputs = arena.tensor(sequences * tokens, columns);
    int[] raw = new int[columns];
    for (int token = 0; token < inputs.rows(); token++) {
      for (int column = 0; column < columns; column++) {
        raw[column] = Math.floorDiv(generator.next(), 1 << 13);
      }
      for (int column = 0; column < columns; column++) {
        int sum = raw[column] + 2 * raw[(column + columns - 1) % columns] + raw[0];
        float value = sum * (float) Math.pow(2, column % 5 - 12);
        inputs.set(token, column, dead.contains(column) ? 0 : value);
      }
    }
    return new Layer(weight, inputs, sequences);
  }

  @Override
  public String toString() {
    return name;
  }

  /** 24 random bits per call, as signed integers. */
  private static final class Generator {
    private long state;

    Generator(long seed) {
      state = seed;
    }

    int next() {
      state = state * 6364136223846793005L + 1442695040888963407L;
      return (int) (state >>> 40) - (1 << 23);
    }
  }
}
