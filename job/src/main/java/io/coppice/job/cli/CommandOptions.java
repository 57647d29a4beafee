package io.coppice.job.cli;

import java.util.List;

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

  /**
   * Sentences on how the options were understood, where that is not what the user may expect; to be
   * called after {@link #settings}.
   */
  default List<String> remarks() {
    return List.of();
  }
}
