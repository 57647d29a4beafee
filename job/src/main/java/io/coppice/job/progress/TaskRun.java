package io.coppice.job.progress;

import java.io.Serializable;
import java.util.List;

/**
 * A task on blocks that has run to its end.
 *
 * @param begun milliseconds since 1970, by the executor's clock
 * @param ended likewise
 */
public record TaskRun(Work work, Place place, long begun, long ended, Memory memory)
    implements Serializable {

  /**
   * The work that it did.
   *
   * @param what {@code pruning}, or {@code training} with the pruning that comes before it
   * @param level of reconstruction
   * @param wave from 1
   * @param blocks that were changed
   */
  public record Work(String what, String level, int wave, List<Integer> blocks)
      implements Serializable {
    public Work {
      blocks = List.copyOf(blocks);
    }
  }

  /**
   * The process that it ran in.
   *
   * @param executor Spark's name of it
   * @param cores that its machine has
   */
  public record Place(String executor, String host, int cores) implements Serializable {}

  /**
   * Memory in bytes.
   *
   * @param offHeap the most that the task's tensors took at one time
   * @param process the most that the process has held until the task's end
   */
  public record Memory(long offHeap, ProcessMemory process) implements Serializable {}
}
