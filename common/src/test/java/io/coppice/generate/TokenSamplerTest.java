package io.coppice.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenSamplerTest {
  private static final int VOCABULARY = 37;

  private final Arena arena = Arena.unbounded("test");
  private final Tensor logits = arena.tensor(2, VOCABULARY);
  private final TokenSampler sampler = new TokenSampler(VOCABULARY);

  TokenSamplerTest() {
    Random random = new Random(2);
    for (int token = 0; token < VOCABULARY; token++) {
      logits.set(0, token, 1000);
      logits.set(1, token, 30 + 3 * (float) random.nextGaussian());
    }
    sampler.read(logits, 1);
  }

  @AfterEach
  void close() {
    arena.close();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.5, 1, 2})
  void everyTokenHasItsShareOfThePoints(double temperature) {
    double[] probabilities = softmax(temperature);
    double edge = 0;
    for (int token = 0; token < VOCABULARY; token++) {
      double width = probabilities[token];
      if (width > 1e-6) {
        assertThat(sampler.draw(temperature, edge + width * 1e-2)).isEqualTo(token);
        assertThat(sampler.draw(temperature, edge + width * 0.99)).isEqualTo(token);
      }
      edge += width;
    }
    assertThat(sampler.draw(temperature, 0)).isZero();
    assertThat(sampler.draw(temperature, Math.nextDown(1.0))).isEqualTo(VOCABULARY - 1);
  }

  @Test
  void lossIsMinusTheLogOfTheProbability() {
    double[] probabilities = softmax(1);
    for (int token = 0; token < VOCABULARY; token++) {
      assertThat(sampler.loss(token)).isCloseTo(-Math.log(probabilities[token]), within(1e-5));
    }
  }

  @Test
  void theLikeliestIsTheFirstOfTheHighest() {
    logits.set(1, 20, 99);
    logits.set(1, 25, 99);
    sampler.read(logits, 1);
    assertThat(sampler.likeliest()).isEqualTo(20);
    sampler.read(logits, 0);
    assertThat(sampler.likeliest()).isZero();
    logits.set(0, VOCABULARY - 1, 1001);
    sampler.read(logits, 0);
    assertThat(sampler.likeliest()).isEqualTo(VOCABULARY - 1);
  }

  @Test
  void aTokenWithoutProbabilityIsNeverDrawn() {
    for (int token = 0; token < VOCABULARY; token++) {
      logits.set(1, token, token == 7 || token == 9 ? 1 : -1000);
    }
    sampler.read(logits, 1);
    assertThat(sampler.draw(1, 0)).isEqualTo(7);
    assertThat(sampler.draw(1, 0.49)).isEqualTo(7);
    assertThat(sampler.draw(1, 0.51)).isEqualTo(9);
    assertThat(sampler.draw(1, Math.nextDown(1.0))).isEqualTo(9);
  }

  private double[] softmax(double temperature) {
    double[] weights = new double[VOCABULARY];
    double sum = 0;
    for (int token = 0; token < VOCABULARY; token++) {
      weights[token] = Math.exp(logits.get(1, token) / temperature);
      sum += weights[token];
    }
    for (int token = 0; token < VOCABULARY; token++) {
      weights[token] /= sum;
    }
    return weights;
  }
}
