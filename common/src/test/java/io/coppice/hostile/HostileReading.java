package io.coppice.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import java.lang.management.ManagementFactory;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * The outcome of reading hostile input: a result, or a refusal of one sentence; anything else fails
 * the test.
 *
 * @param refusal empty if there was a result
 */
record HostileReading<T>(Optional<T> result, Optional<String> refusal) {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int LONGEST_SENTENCE = 1200;

  /**
   * Reads the input.
   *
   * @param input the name of the input, for the report of a failure
   * @param file the name that a refusal must contain
   * @param mostBytes of heap that reading may take in all
   */
  static <T> HostileReading<T> of(String input, String file, long mostBytes, Callable<T> reading) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    HostileReading<T> outcome = of(input, file, reading);
    long taken = THREADS.getCurrentThreadAllocatedBytes() - before;
    assertThat(taken).as(() -> "bytes taken by " + input).isLessThan(mostBytes);
    return outcome;
  }

  private static <T> HostileReading<T> of(String input, String file, Callable<T> reading) {
    try {
      return new HostileReading<>(Optional.of(reading.call()), Optional.empty());
    } catch (UsageException | InvalidDataException e) {
      assertThat(e.getMessage())
          .as(() -> input)
          .contains(file)
          .hasSizeLessThan(LONGEST_SENTENCE)
          .doesNotContainPattern("\\p{Cntrl}");
      return new HostileReading<>(Optional.empty(), Optional.of(e.getMessage()));
    } catch (Throwable e) {
      throw new AssertionError("Neither a result nor a refusal: " + input, e);
    }
  }
}
