package io.coppice.job.command;

/**
 * The options of one sub-command.
 *
 * @param <S> the settings they add up to
 */
public interface CommandOptions<S> {
  /**
   * What the options ask for. Defaults that depend on other options are filled in first.
   *
   * @throws io.coppice.failure.UsageException if a value is out of its range or two contradict
   */
  S settings();
}
