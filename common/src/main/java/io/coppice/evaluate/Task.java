package io.coppice.evaluate;

import java.io.Serializable;

/**
 * A task as lm-evaluation-harness 0.4 defines it, without examples in the prompt; see {@link
 * Tasks}.
 */
public interface Task extends Serializable {
  /** Its name, in lower case with underscores. */
  String name();

  /** Whether the likelihood by length, acc_norm, is one of its measures. */
  boolean normalizes();

  /** The version of its definition in the harness, for results. */
  default double version() {
    return 1.0;
  }

  /**
   * Turns a record of the task's file into what the model is asked.
   *
   * @throws io.coppice.failure.InvalidDataException if it is no record of this task, saying what
   *     was expected, but not where it is
   */
  TaskItem item(TaskRecord record);
}
