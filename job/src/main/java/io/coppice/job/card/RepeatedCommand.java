package io.coppice.job.card;

import io.coppice.failure.Redaction;
import io.coppice.failure.Words;
import io.coppice.job.cli.PruneSettings;
import io.coppice.job.cli.ResolvedConfiguration;
import io.coppice.job.cli.ShortestArguments;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * The command that makes the same checkpoint again, for a shell: only options that differ from
 * their defaults, paths by their last part.
 */
final class RepeatedCommand {
  private static final int WIDTH = 100;

  private RepeatedCommand() {}

  /** The command, over several lines. */
  static String of(ResolvedConfiguration configuration) {
    ResolvedConfiguration wanted =
        shown(
            shown(
                shown(
                    configuration.without(PruneSettings.WITHOUT_EFFECT),
                    "calibration",
                    Shown::path),
                "text",
                Shown::path),
            "task",
            Shown::named);
    String model = Shown.model(String.valueOf(wanted.values().get("model")));
    wanted = wanted.with("model", model).with("output", model + "-sparse");
    return lines(ShortestArguments.of(new PruneSettings.Options(), wanted));
  }

  private static ResolvedConfiguration shown(
      ResolvedConfiguration wanted, String key, UnaryOperator<String> shown) {
    return wanted.values().get(key) instanceof List<?> paths
        ? wanted.with(key, paths.stream().map(String::valueOf).map(shown).toList())
        : wanted;
  }

  private static String lines(Map<String, List<String>> arguments) {
    StringBuilder command = new StringBuilder("coppice prune");
    int column = command.length();
    for (String argument : quoted(arguments)) {
      if (column + 1 + argument.length() > WIDTH) {
        command.append(" \\\n   ");
        column = 3;
      }
      command.append(' ').append(argument);
      column += 1 + argument.length();
    }
    return command.toString();
  }

  private static List<String> quoted(Map<String, List<String>> arguments) {
    List<String> words = new ArrayList<>();
    arguments.forEach(
        (key, values) -> {
          if (values.isEmpty()) {
            words.add("--" + key);
          }
          values.forEach(
              value ->
                  words.add(
                      "--"
                          + key
                          + (value.startsWith("-") ? "=" : " ")
                          + Words.shell(Redaction.of(value))));
        });
    return words;
  }
}
