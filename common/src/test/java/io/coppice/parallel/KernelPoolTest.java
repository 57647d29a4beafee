package io.coppice.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class KernelPoolTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7})
  void everyPieceIsComputedOnce(int threads) {
    try (KernelPool pool = new KernelPool(threads)) {
      for (int round = 0; round < 2000; round++) {
        int count = round % 23;
        AtomicIntegerArray computed = new AtomicIntegerArray(count);
        pool.run(count, (piece, worker) -> computed.incrementAndGet(piece));
        for (int piece = 0; piece < count; piece++) {
          assertThat(computed.get(piece)).isEqualTo(1);
        }
      }
    }
  }

  @Test
  void whoWorksAtTheSameTimeHasScratchOfItsOwn() {
    try (KernelPool pool = new KernelPool(3)) {
      AtomicIntegerArray busy = new AtomicIntegerArray(pool.threads());
      for (int round = 0; round < 500; round++) {
        pool.run(
            20,
            (piece, worker) -> {
              assertThat(busy.incrementAndGet(worker)).isEqualTo(1);
              Thread.onSpinWait();
              busy.decrementAndGet(worker);
            });
      }
    }
  }

  @Test
  void helpersHelp() throws InterruptedException {
    try (KernelPool pool = new KernelPool(2)) {
      CountDownLatch both = new CountDownLatch(2);
      pool.run(
          2,
          (piece, worker) -> {
            both.countDown();
            awaitQuietly(both);
          });
      assertThat(both.getCount()).isZero();
    }
  }

  @Test
  void nobodyHelpsWhereEverySeatIsTaken() {
    try (KernelPool pool = new KernelPool(2);
        KernelPool.Seat own = pool.takeSeat();
        KernelPool.Seat other = pool.takeSeat()) {
      Set<Thread> workers = ConcurrentHashMap.newKeySet();
      for (int round = 0; round < 200; round++) {
        pool.run(50, (piece, worker) -> workers.add(Thread.currentThread()));
      }
      assertThat(workers).containsExactly(Thread.currentThread());
      own.close();
      own.close();
      CountDownLatch both = new CountDownLatch(2);
      pool.run(
          2,
          (piece, worker) -> {
            both.countDown();
            awaitQuietly(both);
          });
      assertThat(both.getCount()).isZero();
    }
  }

  @Test
  void tasksComputeAtTheSameTimeWithoutWaitingForEachOther() throws InterruptedException {
    try (KernelPool pool = new KernelPool(2)) {
      CountDownLatch release = new CountDownLatch(1);
      Thread slow =
          new Thread(() -> pool.run(4, (piece, worker) -> awaitQuietly(release)), "slow task");
      slow.start();
      int[] sums = new int[100];
      pool.run(100, (piece, worker) -> sums[piece] = piece);
      assertThat(Arrays.stream(sums).sum()).isEqualTo(4950);
      release.countDown();
      slow.join();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void theFailureOfTheLowestPieceIsThrown(int threads) {
    try (KernelPool pool = new KernelPool(threads)) {
      assertThatThrownBy(
              () ->
                  pool.run(
                      40,
                      (piece, worker) -> {
                        if (piece >= 3) {
                          throw new IllegalArgumentException("piece " + piece);
                        }
                      }))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("piece 3");
    }
  }

  @Test
  void anInterruptIsThereAfterwards() {
    try (KernelPool pool = new KernelPool(2)) {
      Thread.currentThread().interrupt();
      int[] computed = new int[10];
      pool.run(10, (piece, worker) -> computed[piece] = 1);
      assertThat(Arrays.stream(computed).sum()).isEqualTo(10);
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void noThreadSurvivesClosing() {
    KernelPool pool = new KernelPool(4);
    pool.run(100, (piece, worker) -> Thread.onSpinWait());
    pool.close();
    AtomicBoolean alone = new AtomicBoolean(true);
    Thread caller = Thread.currentThread();
    pool.run(
        100,
        (piece, worker) -> {
          if (Thread.currentThread() != caller) {
            alone.set(false);
          }
        });
    assertThat(alone).isTrue();
    assertThat(Thread.getAllStackTraces().keySet())
        .filteredOn(thread -> thread.getName().startsWith("coppice-kernel"))
        .noneMatch(Thread::isAlive);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
