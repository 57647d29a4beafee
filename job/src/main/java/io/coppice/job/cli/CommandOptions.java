package io.coppice.job.cli;

import java.util.List;
import java.util.Map;

/**
 * The options of one sub-command.
 *
 * @param <S> the settings they add up to
 */
public interface CommandOptions<S> {
  /**
   * The settings that the parsed values add up to, with every default.
   *
   * @throws io.coppice.failure.UsageException if a value is out of its range or two contradict
   */
  S settings();

  /**
   * Values of options that follow from those of others, by name without dashes: defaults above all.
   * In the resolved configuration they take the place of parsed values.
   *
   * @throws io.coppice.failure.UsageException as {@link #settings}
   */
  default Map<String, Object> derived() {
    return Map.of();
  }

  /** Whether a run that did not end is gone on with by another start of the same command. */
  default boolean resumes() {
    return false;
  }

  /** Sentences on how the options were understood, where that is not what the user may expect. */
  default List<String> remarks() {
    return List.of();
  }
}
