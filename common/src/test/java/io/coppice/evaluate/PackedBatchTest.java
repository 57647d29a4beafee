package io.coppice.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.model.PackedSequences.Sequence;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PackedBatchTest {
  private static TokenRequest request(int[] context, int... continuation) {
    return new TokenRequest(context, continuation, false);
  }

  @Test
  void continuationsOfOneContextFollowIt() {
    Requests requests = new Requests();
    assertThat(
            requests.add(
                List.of(
                    request(new int[] {1, 2}, 3, 4, 5),
                    request(new int[] {1, 2}, 6),
                    request(new int[] {1, 2}, 7, 8))))
        .isZero();
    assertThat(requests.add(List.of(request(new int[] {9}, 10, 11)))).isEqualTo(3);

    PackedBatch batch = PackedBatch.of(requests.batches().get(0));

    assertThat(batch.ids()).containsExactly(1, 2, 3, 4, 7, 9, 10);
    assertThat(batch.sequences().sequences())
        .containsExactly(
            Sequence.alone(0, 2),
            new Sequence(0, 2, 2, 2),
            new Sequence(0, 2, 4, 1),
            Sequence.alone(5, 2));
    assertThat(batch.targets()).containsExactly(3, 4, 5, 6, 7, 8, 10, 11);
    assertThat(batch.predicting()).containsExactly(1, 2, 3, 1, 1, 4, 5, 6);
    assertThat(batch.requests()).containsExactly(0, 0, 0, 1, 2, 2, 3, 3);
    double[] sums = new double[4];
    batch.addTo(sums, new double[] {1, 2, 3, 4, 5, 6, 7, 8});
    assertThat(sums).containsExactly(-6, -4, -11, -15);
  }

  @Test
  void otherContextsOfAQuestionShareNothing() {
    Requests requests = new Requests();
    requests.add(
        List.of(
            request(new int[] {1}, 3), request(new int[] {1, 2}, 3), request(new int[] {1}, 4)));

    List<SharedContext> contexts = requests.batches().get(0);

    assertThat(contexts).hasSize(2);
    assertThat(contexts.get(0).requests()).containsExactly(1);
    assertThat(contexts.get(1).requests()).containsExactly(0, 2);
  }

  @Test
  void batchesHoldNeighboursByLengthAndEveryRequestOnce() {
    Requests requests = new Requests();
    int[] lengths = {3, 9, 2, 9, 1, 30};
    for (int length : lengths) {
      requests.add(List.of(request(new int[length], 1)));
    }

    List<List<SharedContext>> batches = requests.batches(12);

    assertThat(batches)
        .extracting(batch -> batch.stream().map(SharedContext::rows).toList())
        .containsExactly(List.of(30), List.of(9), List.of(9, 3), List.of(2, 1));
    assertThat(
            batches.stream()
                .flatMap(List::stream)
                .flatMapToInt(context -> IntStream.of(context.requests())))
        .containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5);
  }
}
