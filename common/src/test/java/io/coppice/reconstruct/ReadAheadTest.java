package io.coppice.reconstruct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.coppice.failure.InvalidDataException;
import io.coppice.model.BlockFactory;
import io.coppice.model.BlockWeights;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.tensor.Arena;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Tensor;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Training on inputs that a thread reads ahead, compared with inputs that are read when needed. */
class ReadAheadTest {
  private static final int SEQUENCE_LENGTH = 16;
  private static final WindowSet CALIBRATION = new WindowSet(0, 20);
  private static final WindowSet HELD_OUT = new WindowSet(20, 24);
  private static final TrainingSettings SETTINGS =
      new TrainingSettings(2, 5e-3, 6, Selection.LAST, 1);

  private final LanguageModel model = BlockTrainerTest.model(16, 40, 64);
  private final BlockFactory factory =
      new BlockFactory(model, BlasProvider.blas(), SEQUENCE_LENGTH);

  /** Threads that this test's data were read on. */
  private final Set<Thread> readers = ConcurrentHashMap.newKeySet();

  private Arena arena;

  @BeforeEach
  void open() {
    arena = Arena.unbounded("test");
  }

  @AfterEach
  void noThreadIsLeft() throws InterruptedException {
    readers.remove(Thread.currentThread());
    for (Thread reader : readers) {
      // The end of its work is waited for; the thread itself may take a moment longer.
      reader.join(1000);
      assertThat(reader.isAlive()).isFalse();
    }
    arena.close();
  }

  @Test
  void readingAheadChangesNeitherOrderNorBytes() {
    List<String> orderAhead = new ArrayList<>();
    List<String> orderAtNeed = new ArrayList<>();
    BlockWeights ahead = weights();
    BlockWeights atNeed = weights();
    TrainingData data = data(this::read);

    train(
        ahead,
        (windows, epoch, input, target) -> {
          orderAhead.add(Arrays.toString(windows) + epoch);
          data.read(windows, epoch, input, target);
        });
    assertThat(readers).doesNotContain(Thread.currentThread());
    train(atNeed, readWhenNeeded(data, orderAtNeed));
    assertThat(readers).contains(Thread.currentThread());

    // Two epochs of four steps, and three measurements of two sets and of the targets' size.
    assertThat(orderAhead).isEqualTo(orderAtNeed).hasSize(2 * 4 + 3 * 2 + 1);
    for (WeightShape shape : model.blockWeights()) {
      assertThat(ahead.tensor(shape.name()).toArray())
          .isEqualTo(atNeed.tensor(shape.name()).toArray())
          .isNotEqualTo(weights().tensor(shape.name()).toArray());
    }
  }

  @Test
  void waitingForASlowReaderIsMeasured() {
    double fast = train(weights(), data(this::read));
    double slow =
        train(
            weights(),
            data(
                (window, destination) -> {
                  sleep(3);
                  read(window, destination);
                }));

    // 15 micro-batches of 4 windows or so, 3 ms for each input and each target.
    assertThat(fast).isBetween(0.0, 0.2);
    assertThat(slow).isBetween(0.25, 60.0);
  }

  @Test
  void whatAReaderThrowsIsThrownByTheTraining() {
    InvalidDataException broken = new InvalidDataException("windows-000003 ends too early");
    Error full = new OutOfMemoryError("no more");
    for (Throwable failure : List.of(broken, full)) {
      TrainingData data =
          data(
              (window, destination) -> {
                readers.add(Thread.currentThread());
                if (window == 13) {
                  throwIt(failure);
                }
                read(window, destination);
              });
      assertThat(catchThrowable(() -> train(weights(), data))).isSameAs(failure);
    }
  }

  @Test
  void aTrainingThatFailsLeavesNoThread() {
    TrainingData data = data(this::read);
    assertThat(
            catchThrowable(
                () ->
                    new BlockTrainer(factory, 1, 6, arena)
                        .train(
                            List.of(weights()),
                            new TrainingSet(data, CALIBRATION, HELD_OUT),
                            SETTINGS,
                            TrainingSnapshots.none(),
                            errors -> {
                              throw new IllegalStateException("told to fail");
                            })))
        .hasMessage("told to fail");
    assertThat(readers).hasSize(1);
  }

  @Test
  void aTaskThatIsStoppedStopsItsReaderToo() throws InterruptedException {
    CountDownLatch reading = new CountDownLatch(1);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    TrainingData data =
        data(
            (window, destination) -> {
              readers.add(Thread.currentThread());
              reading.countDown();
              sleep(60_000);
            });
    Thread task =
        new Thread(
            () -> {
              failure.set(catchThrowable(() -> train(weights(), data)));
              // Spark asks the thread itself.
              assertThat(Thread.currentThread().isInterrupted()).isTrue();
            });
    task.start();
    reading.await();
    task.interrupt();
    task.join(10_000);

    assertThat(task.isAlive()).isFalse();
    assertThat(failure.get())
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("stopped while it waited for activations");
  }

  private double train(BlockWeights weights, TrainingData data) {
    BlockTrainer trainer = new BlockTrainer(factory, 1, SETTINGS.batchSize(), arena);
    trainer.train(
        List.of(weights),
        new TrainingSet(data, CALIBRATION, HELD_OUT),
        SETTINGS,
        TrainingSnapshots.none(),
        errors -> {});
    return trainer.secondsWaited();
  }

  /** The same data, each micro-batch read by the thread that trains, when it asks for it. */
  private static TrainingData readWhenNeeded(TrainingData data, List<String> order) {
    Queue<Runnable> asked = new ArrayDeque<>();
    return new TrainingData() {
      @Override
      public synchronized void read(int[] windows, int epoch, Tensor input, Tensor target) {
        asked.add(
            () -> {
              order.add(Arrays.toString(windows) + epoch);
              data.read(windows, epoch, input, target);
            });
      }

      @Override
      public synchronized void complete(Tensor input, Tensor target) {
        asked.remove().run();
      }
    };
  }

  private TrainingData data(ActivationReader reader) {
    return TrainingData.globalPropagation(
        StudentInputs.mixed(
            reader,
            (window, destination) -> reader.read(window + 100, destination),
            3,
            factory.activations(1, arena)),
        (window, destination) -> reader.read(window + 200, destination),
        SEQUENCE_LENGTH);
  }

  private void read(int window, Tensor destination) {
    readers.add(Thread.currentThread());
    fill(destination, window);
  }

  private BlockWeights weights() {
    BlockWeights weights = factory.weights(arena);
    model.blockWeights().forEach(shape -> fill(weights.tensor(shape.name()), shape.columns()));
    return weights;
  }

  private static void fill(Tensor tensor, int seed) {
    Random random = new Random(seed);
    for (int i = 0; i < tensor.rows(); i++) {
      for (int j = 0; j < tensor.columns(); j++) {
        tensor.set(i, j, 0.3f * (float) random.nextGaussian());
      }
    }
  }

  private static void sleep(long milliseconds) {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static void throwIt(Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    throw (RuntimeException) failure;
  }
}
