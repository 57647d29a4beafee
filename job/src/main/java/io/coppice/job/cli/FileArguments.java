package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import io.coppice.failure.Words;
import io.coppice.job.cli.ConfigurationFile.Value;
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

  /** Arguments for those keys whose options were not typed. */
  static List<String> of(ConfigurationFile file, ParseResult command) {
    Map<String, OptionSpec> known = keys(command.commandSpec());
    List<String> arguments = new ArrayList<>();
    file.values()
        .forEach(
            (key, held) -> {
              OptionSpec option = known.get(key);
              if (option == null) {
                throw unknown(file.name(), key, known, command.commandSpec().name());
              }
              List<String> fromFile = arguments(file.name(), key, option, held);
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
      if (!option.usageHelp() && !option.longestName().equals(CommandParser.CommonOptions.CONFIG)) {
        keys.put(key(option), option);
      }
    }
    return keys;
  }

  static String key(OptionSpec option) {
    return option.longestName().substring(2);
  }

  private static List<String> arguments(String file, String key, OptionSpec option, Value held) {
    if (option.isMultiValue()) {
      return texts(file, key, option, held).stream()
          .map(value -> "--" + key + "=" + value)
          .toList();
    }
    if (!(held instanceof Value.Plain plain)) {
      throw new UsageException(
          "The key %s in %s must hold one plain value, but holds %s"
              .formatted(
                  key,
                  file,
                  held instanceof Value.Many many
                      ? "a list of " + many.texts().size()
                      : "an object"));
    }
    String value = plain.text();
    if (option.arity().max() > 0) {
      return List.of("--" + key + "=" + value);
    }
    return switch (value) {
      case "true" -> List.of("--" + key);
      case "false" -> List.of();
      default ->
          throw new UsageException(
              "The key %s in %s must be true or false, but is %s"
                  .formatted(key, file, Words.line(value)));
    };
  }

  private static List<String> texts(String file, String key, OptionSpec option, Value held) {
    if (held instanceof Value.Many many) {
      return many.texts();
    }
    if (held instanceof Value.Named named) {
      if (!option.paramLabel().contains("=")) {
        throw new UsageException(
            "The key %s in %s must hold a value or a list of them, but holds an object"
                .formatted(key, file));
      }
      return named.texts();
    }
    return List.of(((Value.Plain) held).text());
  }

  private static UsageException unknown(
      String file, String key, Map<String, OptionSpec> known, String command) {
    String name = Words.line(key);
    return new UsageException(
        "Unknown key %s in %s; the nearest one that %s knows is %s"
            .formatted(name, file, command, NearestName.of(name, known.keySet()).orElseThrow()));
  }
}
