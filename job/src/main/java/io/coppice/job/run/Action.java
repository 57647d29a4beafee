package io.coppice.job.run;

import io.coppice.job.session.RunContext;

/**
 * Carries out a sub-command.
 *
 * @param <S> its settings
 */
@FunctionalInterface
public interface Action<S> {
  /**
   * Runs to the end.
   *
   * @throws io.coppice.failure.UsageException for what the user can put right
   * @throws io.coppice.failure.InvalidDataException for broken or unsupported input
   */
  void run(S settings, RunContext context) throws Exception;
}
