package io.coppice.job.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** A command line that was understood. */
public sealed interface Parsed {
  /**
   * A request for help or the version.
   *
   * @param text answer, for standard output
   */
  record Help(String text) implements Parsed {}

  /**
   * A sub-command to run.
   *
   * @param command its options, with their parsed values
   */
  record Chosen(CommandSpec command) implements Parsed {
    /** The sub-command's name. */
    public String name() {
      return command.name();
    }

    /** Whether this is the sub-command with these options. */
    public boolean is(CommandOptions<?> options) {
      return command.userObject() == options;
    }

    /**
     * The value of every option, as parsed or as it follows from other options. Options whose
     * default depends on the model are left out.
     *
     * @throws io.coppice.failure.UsageException if the options contradict each other
     */
    public ResolvedConfiguration configuration() {
      Map<String, Object> derived = ((CommandOptions<?>) command.userObject()).derived();
      Set<String> keys = FileArguments.keys(command).keySet();
      Map<String, Object> values = new LinkedHashMap<>();
      for (OptionSpec option : command.options()) {
        String key = FileArguments.key(option);
        if (keys.contains(key)) {
          Object value = derived.getOrDefault(key, option.getValue());
          plain(value).ifPresent(known -> values.put(key, known));
        }
      }
      return new ResolvedConfiguration(values);
    }

    private static Optional<Object> plain(Object value) {
      if (value instanceof Optional<?> optional) {
        return optional.flatMap(Chosen::plain);
      }
      if (value instanceof List<?> list) {
        return Optional.of(List.copyOf(list));
      }
      return Optional.ofNullable(value instanceof Enum<?> choice ? choice.toString() : value);
    }
  }
}
