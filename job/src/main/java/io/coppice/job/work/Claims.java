package io.coppice.job.work;

import io.coppice.failure.UsageException;
import io.coppice.storage.Storage;
import java.io.IOException;
import java.util.Optional;
import org.apache.hadoop.fs.Path;

/**
 * The two places that a run keeps others away from.
 *
 * @param work its work folder
 * @param output the place of its output
 */
record Claims(Claim work, Claim output) implements AutoCloseable {

  /**
   * Claims both; waits until other runs' claims are known to be dead.
   *
   * @param work exists
   * @param output need not exist, nor the folder that it will lie in
   * @throws UsageException if another run holds one of them
   */
  static Claims take(Path work, Path output, Claim.Circumstances circumstances) throws IOException {
    Claimant own = Claimant.here();
    Claim ofWork = Claim.take(work, Claim.in(work), own, Optional.empty(), circumstances);
    try {
      return new Claims(ofWork, takeOutput(output, own, ofWork.replaced(), circumstances));
    } catch (RuntimeException e) {
      ofWork.close();
      throw e;
    }
  }

  private static Claim takeOutput(
      Path output, Claimant own, Optional<Claimant> dead, Claim.Circumstances circumstances) {
    Path folder = output.getParent();
    try {
      if (!Storage.of(folder, circumstances.hadoop()).mkdirs(folder)) {
        throw new IOException("it is no folder");
      }
      return Claim.take(output, Claim.beside(output), own, dead, circumstances);
    } catch (IOException e) {
      throw new UsageException(
          "Cannot write to the folder %s that the output is to be in: %s"
              .formatted(folder, Storage.reason(e)),
          e);
    }
  }

  /**
   * To be asked before anything is made final.
   *
   * @throws UsageException if another run took one of them over
   */
  void requireHeld() {
    work.requireHeld();
    output.requireHeld();
  }

  /** Releases both, the output first, which another run needs as well. */
  @Override
  public void close() {
    try {
      output.close();
    } finally {
      work.close();
    }
  }
}
