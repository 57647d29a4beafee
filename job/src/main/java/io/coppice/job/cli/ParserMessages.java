package io.coppice.job.cli;

import io.coppice.failure.Words;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Puts a mistake that the parser found into one sentence. */
final class ParserMessages {
  private static final int LONGEST = 500;

  private ParserMessages() {}

  static String sentence(ParameterException failure) {
    CommandSpec command = failure.getCommandLine().getCommandSpec();
    if (failure instanceof UnmatchedArgumentException unmatched) {
      return unmatched(unmatched.getUnmatched().get(0), command);
    }
    if (failure instanceof OverwrittenOptionException repeated) {
      return "%s is given more than once; give it once"
          .formatted(((OptionSpec) repeated.getOverwritten()).longestName());
    }
    if (failure instanceof MissingParameterException missing && areOptions(missing.getMissing())) {
      return "%s needs %s; give %s on the command line or in a --config file"
          .formatted(
              command.name(),
              missing.getMissing().stream()
                  .map(argument -> ((OptionSpec) argument).longestName())
                  .collect(Collectors.joining(" and ")),
              missing.getMissing().size() == 1 ? "it" : "them");
    }
    return Words.line(failure.getMessage().replaceAll("\\s+", " "), LONGEST);
  }

  /** Whether whole options are missing, not only the value after one. */
  private static boolean areOptions(List<ArgSpec> missing) {
    return !missing.isEmpty()
        && missing.stream().allMatch(argument -> argument.isOption() && argument.required());
  }

  private static String unmatched(String argument, CommandSpec command) {
    boolean option = argument.startsWith("-");
    if (!option && command.subcommands().isEmpty()) {
      return "Unexpected argument %s; values of %s are given by options only"
          .formatted(Words.line(argument), command.name());
    }
    Collection<String> known =
        option
            ? command.options().stream().map(OptionSpec::longestName).toList()
            : command.subcommands().keySet();
    String name = Words.line(argument.split("=", 2)[0]);
    return "Unknown %s %s; the nearest one that %s knows is %s"
        .formatted(
            option ? "option" : "command",
            name,
            command.name(),
            NearestName.of(name, known).orElse("--help"));
  }
}
