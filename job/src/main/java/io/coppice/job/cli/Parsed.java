package io.coppice.job.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** What a command line asks for. */
public sealed interface Parsed {
  /**
   * Only to be told something.
   *
   * @param text help or version, for standard output
   */
  record Help(String text) implements Parsed {}

  /**
   * A sub-command to run.
   *
   * @param command its options, filled
   */
  record Chosen(CommandSpec command) implements Parsed {
    /** The sub-command's name. */
    public String name() {
      return command.name();
    }

    /** Whether these options were filled. */
    public boolean is(CommandOptions<?> options) {
      return command.userObject() == options;
    }

    /**
     * Every option's value; to be called after {@link CommandOptions#settings}, which fills in the
     * defaults that depend on others. Options that have no value yet are left out.
     */
    public ResolvedConfiguration configuration() {
      Map<String, Object> values = new LinkedHashMap<>();
      for (OptionSpec option : command.options()) {
        if (FileArguments.keys(command).containsKey(FileArguments.key(option))) {
          plain(option.getValue()).ifPresent(v -> values.put(FileArguments.key(option), v));
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
