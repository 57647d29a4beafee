package io.coppice.job.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The page of all options: a template written by hand with a place for each table. A line {@code
 * {{prune: Which weights go}}} is the place of a command's options under that heading of its help,
 * but for those that {@code prune} has too, word for word: {@code {{plan: shared}}} lists them.
 * {@code {{all: ...}}} are the options of every command.
 */
final class OptionsPage {
  private static final Pattern PLACE = Pattern.compile("(?m)^\\{\\{([a-z]+: [^}]+)}}$");
  private static final Pattern DEFAULT =
      Pattern.compile(" \\(default(?<condition> with [^:]+)?: (?<value>.*)\\)\\.$");
  private static final String PRUNE = "prune";

  private final Map<String, CommandSpec> commands = new LinkedHashMap<>();

  OptionsPage(List<CommandSpec> commands) {
    commands.forEach(command -> this.commands.put(command.name(), command));
  }

  /**
   * Fills the template in.
   *
   * @throws IllegalArgumentException if a table has no place in it, or a place no table
   */
  String from(String template) {
    Map<String, String> tables = tables();
    List<String> places = PLACE.matcher(template).results().map(place -> place.group(1)).toList();
    List<String> lost = without(tables.keySet().stream().toList(), places);
    List<String> unknown = without(places, tables.keySet().stream().toList());
    if (!lost.isEmpty() || !unknown.isEmpty()) {
      throw new IllegalArgumentException(
          "The template lacks the tables %s, and has places for %s, of which there are none"
              .formatted(lost, unknown));
    }
    return PLACE
        .matcher(template)
        .replaceAll((MatchResult place) -> Matcher.quoteReplacement(tables.get(place.group(1))));
  }

  private static List<String> without(List<String> names, List<String> others) {
    return names.stream().filter(name -> !others.contains(name)).toList();
  }

  /** Each table by the name of its place. */
  private Map<String, String> tables() {
    Map<String, String> tables = new LinkedHashMap<>();
    for (CommandSpec command : commands.values()) {
      List<String> shared = new ArrayList<>();
      Topic.of(command)
          .forEach(
              (topic, options) -> {
                if (topic == Topic.COMMON) {
                  tables.put("all: " + topic.heading(), table(options));
                  return;
                }
                List<OptionSpec> own =
                    options.stream().filter(option -> !isOfPrune(command, option)).toList();
                options.stream()
                    .filter(option -> !own.contains(option))
                    .forEach(option -> shared.add("`" + option.longestName() + "`"));
                if (!own.isEmpty()) {
                  tables.put(command.name() + ": " + topic.heading(), table(own));
                }
              });
      if (!shared.isEmpty()) {
        tables.put(command.name() + ": shared", String.join(", ", shared));
      }
    }
    return tables;
  }

  private boolean isOfPrune(CommandSpec command, OptionSpec option) {
    OptionSpec other = commands.get(PRUNE).findOption(option.longestName());
    return !command.name().equals(PRUNE)
        && other != null
        && description(other).equals(description(option));
  }

  private static String table(List<OptionSpec> options) {
    return Stream.concat(
            Stream.of("| option | values | default | what it does |", "|---|---|---|---|"),
            options.stream().map(OptionsPage::row))
        .collect(Collectors.joining("\n"));
  }

  private static String row(OptionSpec option) {
    String text = description(option);
    Matcher found = DEFAULT.matcher(text);
    String usual = option.required() ? "required" : "";
    if (found.find()) {
      String condition = found.group("condition");
      usual = found.group("value") + (condition == null ? "" : condition);
      text = text.substring(0, found.start()) + ".";
    }
    return "| `%s` | %s | %s | %s |"
        .formatted(
            String.join("`, `", option.names()), values(option), markdown(usual), markdown(text));
  }

  private static String values(OptionSpec option) {
    if (option.arity().max() == 0) {
      return "";
    }
    Class<?> type = option.auxiliaryTypes()[0];
    String one = option.paramLabel();
    if (type.isEnum()) {
      one =
          Stream.of(type.getEnumConstants())
              .map(choice -> "`" + choice + "`")
              .collect(Collectors.joining(", "));
    }
    return option.isMultiValue() ? one + "; several" : one;
  }

  private static String description(OptionSpec option) {
    return String.join(" ", option.description());
  }

  /** Names of options as code; nothing else is markup. */
  private static String markdown(String text) {
    return text.replace("*", "\\*")
        .replace("|", "\\|")
        .replaceAll("(?<![\\w-])--[a-z][a-z-]*", "`$0`");
  }
}
