package io.coppice.job.work;

import io.coppice.failure.UsageException;
import io.coppice.job.progress.Progress;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** What a run keeps others away from: its work folder, and the place of its output. */
final class Claims implements AutoCloseable {
  private final List<Claim> claims;

  private Claims(List<Claim> claims) {
    this.claims = claims;
  }

  /**
   * Claims both; waits until other runs' claims are known to be dead.
   *
   * @param work exists
   * @param output need not exist, nor the folder that it will lie in
   * @throws UsageException if another run holds one of them
   */
  static Claims take(
      Path work, Path output, Configuration hadoop, Claim.Timing timing, Progress progress)
      throws IOException {
    Claimant own = Claimant.here();
    Claim ofWork =
        Claim.take(work, Claim.in(work), own, Optional.empty(), hadoop, timing, progress);
    try {
      makeFolder(output.getParent(), hadoop);
      Claim ofOutput =
          Claim.take(
              output, Claim.beside(output), own, ofWork.replaced(), hadoop, timing, progress);
      return new Claims(List.of(ofWork, ofOutput));
    } catch (IOException | RuntimeException e) {
      ofWork.close();
      throw e;
    }
  }

  private static void makeFolder(Path folder, Configuration hadoop) {
    try {
      folder.getFileSystem(hadoop).mkdirs(folder);
    } catch (IOException e) {
      throw new UsageException(
          "Cannot make the folder %s that the output is to be in: %s"
              .formatted(folder, e.getMessage()),
          e);
    }
  }

  /**
   * To be asked before anything is made final.
   *
   * @throws UsageException if another run took one of them over
   */
  void requireHeld() {
    claims.forEach(Claim::requireHeld);
  }

  /** Whether no other run is known to have taken over. */
  boolean areOurs() {
    return claims.stream().allMatch(Claim::isOurs);
  }

  /** Renews them no more, so that the work folder may be deleted. */
  void stop() {
    claims.forEach(Claim::stop);
  }

  /** Gives them back. */
  @Override
  public void close() {
    claims.forEach(Claim::close);
  }
}
