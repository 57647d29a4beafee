package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.model.IncrementalDecoder;
import io.coppice.model.ModelInMemory;
import io.coppice.tensor.Arena;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Tensor;
import io.coppice.text.Tokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;

/** A real model writes the text that llama2.c and PyTorch write with it. */
class GreedyTextEndToEndTest {
  private static final String EXPECTED =
      ", there was a little girl named Lily. She loved to play outside in the park."
          + " One day, she saw a big, red ball. She wanted to play with it, but it was too hig";

  @Test
  void theLikeliestTokensTellTheKnownStory() {
    Path folder = SharedData.stories();
    ModelOnCluster model = Logits.open(folder);
    try (Tokenizer tokenizer =
        Tokenizer.load(new org.apache.hadoop.fs.Path(folder.toUri()), new Configuration())) {
      int[] ids = tokenizer.encode("Once upon a time", true);
      assertThat(ids).containsExactly(1, 403, 407, 261, 378);
      int[] begin = ids;

      String text = "";
      while (text.length() < EXPECTED.length() && ids.length < 200) {
        ids = Arrays.copyOf(ids, ids.length + 1);
        ids[ids.length - 1] = likeliest(Logits.of(model, Arrays.copyOf(ids, ids.length - 1)));
        text = tokenizer.decode(ids).substring(tokenizer.decode(begin).length());
      }

      assertThat(text).startsWith(EXPECTED);
    }
  }

  @Test
  void soTheyDoTokenByTokenWithKeysAndValuesKept() {
    Path folder = SharedData.stories();
    ModelOnCluster model = Logits.open(folder);
    try (Tokenizer tokenizer = model.tokenizer();
        Arena arena = Arena.unbounded("test")) {
      int[] begin = tokenizer.encode("Once upon a time", true);
      int[] ids = Arrays.copyOf(begin, 120);
      IncrementalDecoder decoder =
          new IncrementalDecoder(
              ModelInMemory.read(model.model(), model.checkpoint()::read, arena),
              BlasProvider.blas(),
              arena,
              1,
              ids.length);
      Tensor logits = arena.tensor(1, model.model().vocabularySize());
      for (int position = 0; position < ids.length - 1; position++) {
        decoder.step(new int[] {ids[position]}, position, logits);
        if (position + 1 >= begin.length) {
          ids[position + 1] = likeliest(logits.toArray());
        }
      }

      assertThat(tokenizer.decode(ids).substring(tokenizer.decode(begin).length()))
          .startsWith(EXPECTED);
    }
  }

  private static int likeliest(List<float[]> logits) {
    return likeliest(logits.get(logits.size() - 1));
  }

  private static int likeliest(float[] last) {
    int best = 0;
    for (int i = 1; i < last.length; i++) {
      best = last[i] > last[best] ? i : best;
    }
    return best;
  }
}
