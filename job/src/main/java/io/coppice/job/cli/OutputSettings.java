package io.coppice.job.cli;

import java.io.Serializable;

/**
 * Where results go.
 *
 * @param path folder of the sparse checkpoint; appears whole or not at all
 * @param workDir folder for intermediate files, on a file system that all executors see
 * @param overwrite whether an existing output is replaced
 * @param keepWork whether the work folder stays after success
 * @param restart whether what an earlier run left in the work folder is deleted
 */
public record OutputSettings(
    String path, String workDir, boolean overwrite, boolean keepWork, boolean restart)
    implements Serializable {
  /** What the name of a work folder ends with that nobody named. */
  public static final String WORK_DIR_ENDING = ".coppice-work";
}
