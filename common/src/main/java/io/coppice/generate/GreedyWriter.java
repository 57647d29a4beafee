package io.coppice.generate;

import io.coppice.model.IncrementalDecoder;
import io.coppice.model.ModelInMemory;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;
import java.util.Arrays;

/**
 * Lets a model go on from openings by the likeliest token each time, several side by side. Belongs
 * to one task.
 */
public final class GreedyWriter {
  private final ModelInMemory weights;
  private final Blas blas;
  private final Arena arena;

  /**
   * @param arena provides keys, values and the scratch memory of a step
   */
  public GreedyWriter(ModelInMemory weights, Blas blas, Arena arena) {
    this.weights = weights;
    this.blas = blas;
    this.arena = arena;
  }

  /**
   * Goes on from each opening.
   *
   * @param openings B × T token ids, at least one, all of a length of at least 1
   * @param tokens the number of tokens that are added to each, at least 1
   * @return B × (T + tokens) token ids; what comes after an end token has no meaning
   */
  public int[][] write(int[][] openings, int tokens) {
    int count = openings.length;
    int opened = openings[0].length;
    int length = opened + tokens;
    int vocabulary = weights.model().vocabularySize();
    IncrementalDecoder decoder = new IncrementalDecoder(weights, blas, arena, count, length);
    TokenSampler sampler = new TokenSampler(vocabulary);
    Tensor logits = arena.tensor(count, vocabulary);
    int[][] texts = new int[count][];
    for (int i = 0; i < count; i++) {
      texts[i] = Arrays.copyOf(openings[i], length);
    }
    int[] step = new int[count];
    for (int position = 0; position < length - 1; position++) {
      for (int i = 0; i < count; i++) {
        step[i] = texts[i][position];
      }
      decoder.step(step, position, logits);
      for (int i = 0; i < count && position + 1 >= opened; i++) {
        sampler.read(logits, i);
        texts[i][position + 1] = sampler.likeliest();
      }
    }
    return texts;
  }
}
