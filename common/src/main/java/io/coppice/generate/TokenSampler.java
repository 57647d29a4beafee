package io.coppice.generate;

import io.coppice.kernel.VectorMath;
import io.coppice.tensor.Tensor;

/** Chooses the next token by a model's scores of all tokens. */
final class TokenSampler {
  /**
   * Weights below this belong to scores that are too low for exp, which returns its smallest float
   * for them.
   */
  private static final float NEGLIGIBLE = 1e-30f;

  private final int vocabulary;
  private final VectorMath math = VectorMath.create();
  private final float[] logits;
  private final float[] weights;
  private float highest;

  TokenSampler(int vocabulary) {
    this.vocabulary = vocabulary;
    logits = VectorMath.tile(vocabulary);
    weights = VectorMath.tile(vocabulary);
  }

  /** Reads one row of logits, on which the other methods work until the next one is read. */
  void read(Tensor scores, int row) {
    scores.read(row, 0, logits, 0, vocabulary);
    highest = math.max(logits, 0, vocabulary);
  }

  /** The token with the highest score; of several, the first. */
  int likeliest() {
    int token = 0;
    while (token < vocabulary - 1 && logits[token] != highest) {
      token++;
    }
    return token;
  }

  /**
   * The token at which the cumulative probabilities, softmax(logits ÷ temperature) of the whole
   * vocabulary in the order of ids, pass a point.
   *
   * @param temperature more than 0; 1 for the model's own distribution
   * @param point in [0, 1)
   */
  int draw(double temperature, double point) {
    float inverse = (float) (1 / temperature);
    System.arraycopy(logits, 0, weights, 0, vocabulary);
    math.multiply(weights, inverse, 0, vocabulary);
    math.exp(weights, weights, 0, vocabulary, highest * inverse);
    double total = 0;
    for (int token = 0; token < vocabulary; token++) {
      total += weights[token];
    }
    double target = point * total;
    double sum = 0;
    int last = 0;
    for (int token = 0; token < vocabulary; token++) {
      if (weights[token] > NEGLIGIBLE) {
        sum += weights[token];
        last = token;
        if (sum > target) {
          return token;
        }
      }
    }
    return last;
  }

  /** Negative log-likelihood of a token, in nats, at temperature 1. */
  double loss(int token) {
    return highest + Math.log(math.sumOfExp(logits, 0, vocabulary, highest)) - logits[token];
  }
}
