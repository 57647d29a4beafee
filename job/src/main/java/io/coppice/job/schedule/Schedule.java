package io.coppice.job.schedule;

import java.io.Serializable;

/**
 * The order in which blocks are reconstructed, as a list of rounds. Implementations hold what the
 * user chose, such as a number of waves, and do nothing but make the list.
 */
@FunctionalInterface
public interface Schedule extends Serializable {

  /** The rounds that a model goes through at one level. */
  Rounds rounds(Workload workload);
}
