package io.coppice.job.schedule;

import java.util.ArrayList;
import java.util.List;

/**
 * All blocks at once, several times: first on the dense model's activations, then, from the weights
 * so far, on those of the sparse model that the wave before left.
 *
 * <p>The epochs of a block are spread over the waves, and later waves get the remainder, so that 10
 * epochs in 3 waves are 3, 3 and 4. Pairs change from wave to wave, so that a block is trained with
 * each of its neighbours: (0, 1), (2, 3) and so on, then 0 alone, (1, 2), (3, 4) and so on. Where
 * nothing is trained, a single wave prunes.
 *
 * @param count number of waves, at least 1
 */
public record Waves(int count) implements Schedule {
  public Waves {
    if (count < 1) {
      throw new IllegalArgumentException("There must be a wave, not " + count);
    }
  }

  @Override
  public Rounds rounds(Workload workload) {
    int waves = workload.trains() ? count : 1;
    int blocks = workload.blocks();
    int length = workload.spanLength();
    List<Round> rounds = new ArrayList<>();
    for (int wave = 1; wave <= waves; wave++) {
      rounds.add(
          new Round(
              Span.divide(blocks, length, (wave - 1) % length),
              epochsUpTo(wave, waves, workload) - epochsUpTo(wave - 1, waves, workload),
              wave == 1 ? InputChain.DENSE : workload.sparseInputs(),
              wave == waves ? blocks : 0));
    }
    return new Rounds(blocks, rounds);
  }

  private static int epochsUpTo(int wave, int waves, Workload workload) {
    return (int) ((long) workload.epochs() * wave / waves);
  }
}
