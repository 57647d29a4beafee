package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * Reads arguments, and the configuration file that they name, into a sub-command's options.
 *
 * <p>Arguments are read twice: once leniently to find the sub-command and its file, then, with the
 * file's values put in as if they had been typed, strictly. So each option is declared once, and
 * what holds for an argument holds for a key.
 */
public final class CommandParser {
  private final Function<String, ConfigurationFile> files;
  private final CommandLine root;

  /**
   * A parser for a program with the given sub-commands.
   *
   * @param version text that --version prints
   * @param files function that reads a configuration file
   */
  public CommandParser(
      String version,
      List<? extends CommandOptions<?>> subCommands,
      Function<String, ConfigurationFile> files) {
    this.files = files;
    CommandSpec spec = CommandSpec.create().name("coppice").version("coppice " + version);
    spec.usageMessage()
        .description("Prunes language models on Apache Spark and reconstructs them block by block.")
        .footer(
            "",
            "Before the command, options of spark-submit may be given, closed by --:",
            "  coppice --master yarn --conf spark.executor.cores=4 -- prune ...");
    spec.mixinStandardHelpOptions(true);
    root = new CommandLine(spec);
    for (CommandOptions<?> options : subCommands) {
      CommandLine command = new CommandLine(options);
      command.addMixin("common", new CommonOptions());
      Choices.register(command);
      root.addSubcommand(command);
    }
    root.setExpandAtFiles(false).setUsageHelpLongOptionsMaxWidth(28).setUsageHelpWidth(100);
    root.getSubcommands()
        .values()
        .forEach(
            c -> {
              CommandSpec command = c.getCommandSpec();
              command.usageMessage().sortOptions(false).customSynopsis(synopsis(command));
              c.getHelpSectionMap()
                  .put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, CommandParser::optionList);
            });
  }

  /** The line that names the options which must be given. */
  private static String synopsis(CommandSpec command) {
    return command.options().stream()
        .filter(OptionSpec::required)
        .map(option -> option.longestName() + "=" + option.paramLabel() + " ")
        .collect(Collectors.joining("", "coppice " + command.name() + " ", "[OPTIONS]"));
  }

  /** The sub-commands, in the order of the help. */
  List<CommandSpec> subCommands() {
    return root.getSubcommands().values().stream().map(CommandLine::getCommandSpec).toList();
  }

  /** All options under the headings of their topics. */
  private static String optionList(Help help) {
    StringBuilder text = new StringBuilder();
    List<OptionSpec> all = help.commandSpec().options();
    Topic.of(help.commandSpec())
        .forEach(
            (topic, options) -> {
              // All options decide the width of the columns.
              Help.Layout layout = help.createDefaultLayout(all, List.of(), help.colorScheme());
              layout.addOptions(options, help.parameterLabelRenderer());
              text.append(String.format(text.isEmpty() ? "%s:%n" : "%n%s:%n", topic.heading()));
              text.append(layout);
            });
    return text.toString();
  }

  /**
   * Parses arguments.
   *
   * @throws UsageException if they are wrong, or the configuration file is
   */
  public Parsed parse(String... arguments) {
    ParseResult lenient = parse(true, List.of(arguments));
    Optional<String> help = help(lenient);
    if (help.isPresent()) {
      return new Parsed.Help(help.orElseThrow());
    }
    try {
      ParseResult strict = parse(false, withFile(List.of(arguments), lenient));
      if (!strict.hasSubcommand()) {
        throw new UsageException(
            "No command given; give one of %s"
                .formatted(String.join(", ", root.getSubcommands().keySet())));
      }
      return new Parsed.Chosen(strict.subcommand().commandSpec());
    } catch (ParameterException e) {
      throw new UsageException(ParserMessages.sentence(e), e);
    }
  }

  private ParseResult parse(boolean lenient, List<String> arguments) {
    root.getCommandSpec().parser().collectErrors(lenient);
    root.getSubcommands().values().forEach(c -> c.getCommandSpec().parser().collectErrors(lenient));
    return root.parseArgs(arguments.toArray(String[]::new));
  }

  private Optional<String> help(ParseResult result) {
    if (result.hasSubcommand()) {
      return help(result.subcommand());
    }
    CommandLine command = result.commandSpec().commandLine();
    if (result.isUsageHelpRequested()) {
      return Optional.of(command.getUsageMessage());
    }
    return result.isVersionHelpRequested()
        ? Optional.of(String.join("\n", command.getCommandSpec().version()) + "\n")
        : Optional.empty();
  }

  /** The arguments with the file's values right after the sub-command's name. */
  private List<String> withFile(List<String> arguments, ParseResult lenient) {
    if (!lenient.hasSubcommand()) {
      return arguments;
    }
    ParseResult command = lenient.subcommand();
    Optional<String> file = command.matchedOptionValue(CommonOptions.CONFIG, Optional.empty());
    if (file.isEmpty()) {
      return arguments;
    }
    List<String> all = new ArrayList<>(arguments);
    all.addAll(
        1 + arguments.indexOf(command.commandSpec().name()),
        FileArguments.of(files.apply(file.orElseThrow()), command));
    return all;
  }

  /** The options that every sub-command has: a file with the others, and help. */
  @Topic.Of(Topic.COMMON)
  @SuppressWarnings("UnusedVariable") // read by the parser alone
  static final class CommonOptions {
    static final String CONFIG = "--config";

    @Option(
        names = CONFIG,
        paramLabel = "FILE",
        description =
            "HOCON file with any of these options, named without their dashes; a local file, else one"
                + " on a Hadoop file system. Options on the command line win.")
    private Optional<String> file;

    @Option(
        names = {"-h", "--help"},
        usageHelp = true,
        description = "Show this help.")
    private boolean help;
  }
}
