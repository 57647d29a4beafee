package io.coppice.job.block;

import io.coppice.job.chain.CalibratedModel;
import io.coppice.job.progress.Stages;
import io.coppice.storage.JsonFile;
import io.coppice.storage.Storage;
import java.util.Optional;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The run that trials are made for. Lives on the driver.
 *
 * @param seed decides the order of windows
 * @param folder keeps what is found, and the trials' blocks for a while
 */
public record TrialRun(CalibratedModel calibrated, long seed, Stages stages, Path folder) {
  private static final Logger LOG = LoggerFactory.getLogger(TrialRun.class);

  /**
   * Makes trials, or takes over what an earlier run found.
   *
   * @param name of the file that keeps the result, and of the folder for blocks
   * @param stage name of the work
   * @param type of the result
   * @param search makes the trials, with blocks in the folder that it is given
   */
  <T extends Record> T find(String name, String stage, Class<T> type, Function<Path, T> search) {
    Configuration hadoop = calibrated.dense().hadoop().configuration();
    Path file = new Path(folder, name + ".json");
    Path blocks = new Path(folder, name);
    Optional<T> before = JsonFile.read(file, type, hadoop);
    T result = before.orElseGet(() -> stages.run(stage, () -> search.apply(blocks)));
    if (before.isEmpty()) {
      JsonFile.write(file, result, hadoop);
    }
    // Only now: a run that ends before goes on with them.
    Storage.delete(blocks, hadoop);
    LOG.info("{}", result);
    return result;
  }
}
