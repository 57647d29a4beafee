package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The arguments that give a configuration, without those that it would have anyway: by default, or
 * because they follow from others.
 */
public final class ShortestArguments {
  private final CommandOptions<?> options;
  private final CommandParser parser;
  private final ResolvedConfiguration wanted;

  private ShortestArguments(CommandOptions<?> options, ResolvedConfiguration wanted) {
    this.options = options;
    this.wanted = wanted;
    parser =
        new CommandParser(
            "",
            List.of(options),
            name -> {
              throw new IllegalStateException("No configuration file is named, but " + name);
            });
  }

  /**
   * Finds them by parsing.
   *
   * @param options of the sub-command; their values are overwritten
   * @param wanted values as {@link Parsed.Chosen#configuration} gives them, of those options that
   *     matter; the others are left out
   * @return name without dashes to values, in the order of the help; no value for a flag, several
   *     for an option that may be repeated
   */
  public static Map<String, List<String>> of(
      CommandOptions<?> options, ResolvedConfiguration wanted) {
    return new ShortestArguments(options, wanted).find();
  }

  private Map<String, List<String>> find() {
    Map<String, OptionSpec> known = FileArguments.keys(parser.subCommands().get(0));
    Set<String> given = new LinkedHashSet<>();
    known.forEach(
        (key, option) -> {
          if (option.required()) {
            given.add(key);
          }
        });
    List<String> others =
        new ArrayList<>(
            wanted.values().keySet().stream()
                .filter(known::containsKey)
                .filter(key -> !given.contains(key) && isGiven(key))
                .toList());
    // Those that follow from others come last: by then they have their values.
    Set<String> derived = resolve(given).isPresent() ? options.derived().keySet() : Set.of();
    others.sort(Comparator.comparing(derived::contains));
    while (true) {
      Optional<String> next = next(given, others);
      if (next.isEmpty()) {
        break;
      }
      given.add(next.orElseThrow());
    }
    // Some follow from others that were added after them.
    for (String key : others) {
      if (given.contains(key) && isSame(resolve(without(given, key)), others)) {
        given.remove(key);
      }
    }
    return inOrder(given);
  }

  private boolean isSame(Optional<ResolvedConfiguration> resolved, List<String> keys) {
    return resolved.isPresent()
        && keys.stream()
            .allMatch(key -> text(resolved.orElseThrow(), key).equals(text(wanted, key)));
  }

  /** An option without which the configuration differs, and with which the arguments are valid. */
  private Optional<String> next(Set<String> given, List<String> others) {
    Optional<ResolvedConfiguration> now = resolve(given);
    Predicate<String> differs =
        key -> now.isEmpty() || !text(now.orElseThrow(), key).equals(text(wanted, key));
    List<String> missing =
        others.stream().filter(key -> !given.contains(key)).filter(differs).toList();
    return missing.stream()
        .filter(key -> resolve(with(given, key)).isPresent())
        .findFirst()
        // Two that are valid only together.
        .or(() -> missing.stream().findFirst());
  }

  private Optional<ResolvedConfiguration> resolve(Set<String> given) {
    List<String> arguments = new ArrayList<>(List.of(parser.subCommands().get(0).name()));
    inOrder(given)
        .forEach(
            (key, values) -> {
              if (values.isEmpty()) {
                arguments.add("--" + key);
              }
              values.forEach(value -> arguments.add("--" + key + "=" + value));
            });
    try {
      Parsed parsed = parser.parse(arguments.toArray(String[]::new));
      options.settings();
      return parsed instanceof Parsed.Chosen chosen
          ? Optional.of(chosen.configuration())
          : Optional.empty();
    } catch (UsageException e) {
      return Optional.empty();
    }
  }

  private Map<String, List<String>> inOrder(Set<String> given) {
    Map<String, List<String>> arguments = new LinkedHashMap<>();
    wanted
        .values()
        .forEach(
            (key, value) -> {
              if (given.contains(key)) {
                arguments.put(key, values(value));
              }
            });
    return arguments;
  }

  /** Whether there are arguments for a value: none are for a flag that is not set. */
  private boolean isGiven(String key) {
    Object value = wanted.values().get(key);
    return !Boolean.FALSE.equals(value) && !List.of().equals(value);
  }

  private static List<String> values(Object value) {
    if (value instanceof Boolean) {
      return List.of();
    }
    if (value instanceof List<?> list) {
      return list.stream().map(String::valueOf).toList();
    }
    return List.of(
        value instanceof Double number
            ? BigDecimal.valueOf(number).stripTrailingZeros().toPlainString()
            : String.valueOf(value));
  }

  private static Set<String> with(Set<String> given, String key) {
    Set<String> more = new LinkedHashSet<>(given);
    more.add(key);
    return more;
  }

  private static Set<String> without(Set<String> given, String key) {
    Set<String> fewer = new LinkedHashSet<>(given);
    fewer.remove(key);
    return fewer;
  }

  private static String text(ResolvedConfiguration configuration, String key) {
    return String.valueOf(configuration.values().get(key));
  }
}
