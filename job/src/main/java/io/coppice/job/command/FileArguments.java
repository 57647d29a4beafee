package io.coppice.job.command;

import io.coppice.failure.UsageException;
import io.coppice.job.config.ConfigurationFile;
import io.coppice.job.config.NearestName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** Turns a configuration file's keys into the arguments that they stand for. */
final class FileArguments {
  private FileArguments() {}

  /** Arguments for the keys whose option was not typed. */
  static List<String> of(ConfigurationFile file, ParseResult command) {
    Map<String, OptionSpec> known = keys(command.commandSpec());
    List<String> arguments = new ArrayList<>();
    file.values()
        .forEach(
            (key, values) -> {
              OptionSpec option = known.get(key);
              if (option == null) {
                throw unknown(file.name(), key, known, command.commandSpec().name());
              }
              List<String> fromFile = arguments(file.name(), key, option, values);
              if (!command.hasMatchedOption(option)) {
                arguments.addAll(fromFile);
              }
            });
    return arguments;
  }

  /** The options that may stand in a file, by key. */
  static Map<String, OptionSpec> keys(CommandSpec command) {
    Map<String, OptionSpec> keys = new TreeMap<>();
    for (OptionSpec option : command.options()) {
      if (!option.usageHelp() && !option.longestName().equals(CommonOptions.CONFIG)) {
        keys.put(key(option), option);
      }
    }
    return keys;
  }

  static String key(OptionSpec option) {
    return option.longestName().substring(2);
  }

  private static List<String> arguments(
      String file, String key, OptionSpec option, List<String> values) {
    if (option.isMultiValue()) {
      return values.stream().map(value -> "--" + key + "=" + value).toList();
    }
    if (values.size() != 1) {
      throw new UsageException(
          "The key %s in %s must hold one value, but holds a list of %d"
              .formatted(key, file, values.size()));
    }
    String value = values.get(0);
    if (option.arity().max() > 0) {
      return List.of("--" + key + "=" + value);
    }
    return switch (value) {
      case "true" -> List.of("--" + key);
      case "false" -> List.of();
      default ->
          throw new UsageException(
              "The key %s in %s must be true or false, but is %s".formatted(key, file, value));
    };
  }

  private static UsageException unknown(
      String file, String key, Map<String, OptionSpec> known, String command) {
    return new UsageException(
        "Unknown key %s in %s; the nearest one that %s knows is %s"
            .formatted(key, file, command, NearestName.of(key, known.keySet()).orElseThrow()));
  }
}
