package io.coppice.job;

import io.coppice.failure.Redaction;
import io.coppice.job.cli.CommandParser;
import io.coppice.job.cli.ConfigurationFile;
import io.coppice.job.cli.Parsed;
import io.coppice.job.cli.ProgramVersion;
import io.coppice.job.cli.ResolvedConfiguration;
import io.coppice.job.progress.LiveProgress;
import io.coppice.job.progress.PlainProgress;
import io.coppice.job.progress.Progress;
import io.coppice.job.progress.Terminal;
import io.coppice.job.run.Commands;
import io.coppice.job.run.SubCommand;
import io.coppice.job.session.Failure;
import io.coppice.job.session.Interruption;
import io.coppice.job.session.LoginUser;
import io.coppice.job.session.RunContext;
import io.coppice.natives.NativeFolder;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Clock;
import java.util.List;
import java.util.function.Supplier;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkUserAppException;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The program: reads the command line, runs the sub-command, and ends with an exit code.
 *
 * <p>0 is success, 2 the user's mistake, 3 broken or unsupported input data, 4 a measurement worse
 * than asked for, 1 a fault of ours. Messages go to standard error, results to standard output.
 */
public final class Coppice {
  private static final Logger LOG = LoggerFactory.getLogger(Coppice.class);

  private final List<SubCommand<?>> subCommands;
  private final PrintStream out;
  private final PrintStream err;
  private final Supplier<Progress> progress;

  Coppice(
      List<SubCommand<?>> subCommands,
      PrintStream out,
      PrintStream err,
      Supplier<Progress> progress) {
    this.subCommands = subCommands;
    this.out = out;
    this.err = err;
    this.progress = progress;
  }

  public static void main(String[] arguments) throws SparkUserAppException {
    int exitCode =
        new Coppice(
                Commands.all(),
                System.out,
                System.err,
                Terminal.isStandardError()
                    ? LiveProgress::onStandardError
                    : () -> plain(System.err))
            .run(arguments);
    if (exitCode == 0) {
      return;
    }
    if (isOnYarn()) {
      throw new SparkUserAppException(exitCode);
    }
    System.exit(exitCode);
  }

  /**
   * Whether this driver was started by YARN, which takes any System.exit, even of 0, for an
   * accident and tells nobody its code.
   */
  private static boolean isOnYarn() {
    return System.getProperty("spark.master", "").equals("yarn")
        && System.getProperty("spark.submit.deployMode", "client").equals("cluster");
  }

  /**
   * Runs the program without ending the process.
   *
   * @param out for results
   * @param err for messages and progress
   * @return the exit code
   */
  public static int run(String[] arguments, PrintStream out, PrintStream err) {
    return new Coppice(Commands.all(), out, err, () -> plain(err)).run(arguments);
  }

  int run(String... arguments) {
    try {
      LoginUser.ensure();
      CommandParser parser =
          new CommandParser(
              ProgramVersion.text(),
              subCommands.stream().map(SubCommand::options).toList(),
              Coppice::configurationFile);
      Parsed parsed = parser.parse(arguments);
      if (parsed instanceof Parsed.Help help) {
        out.print(help.text());
      } else if (parsed instanceof Parsed.Chosen chosen) {
        for (SubCommand<?> subCommand : subCommands) {
          if (chosen.is(subCommand.options())) {
            run(subCommand, chosen, arguments);
          }
        }
      }
      return 0;
    } catch (Exception | LinkageError | VirtualMachineError e) {
      return failed(e);
    } finally {
      out.flush();
    }
  }

  private <S> void run(SubCommand<S> subCommand, Parsed.Chosen chosen, String... arguments)
      throws Exception {
    S settings = subCommand.options().settings();
    ResolvedConfiguration configuration = chosen.configuration();
    LOG.info("coppice {} {}: {}", ProgramVersion.text(), chosen.name(), configuration);
    NativeFolder.prepare();
    subCommand.options().remarks().forEach(LOG::warn);
    String interrupted = Interruption.sentence(subCommand.options().resumes(), arguments);
    try (RunContext context = new RunContext(chosen.name(), configuration, progress.get(), out);
        Interruption ignored = Interruption.watch(context::silence, err, interrupted)) {
      try {
        subCommand.action().run(settings, context);
      } catch (Exception e) {
        throw context.cause(e);
      }
    }
  }

  private int failed(Throwable e) {
    Failure failure = Failure.of(e);
    if (failure.exitCode() == Failure.OURS) {
      LOG.error("Coppice failed: {}", stackTrace(e));
    }
    err.println("coppice: " + failure.message());
    err.flush();
    return failure.exitCode();
  }

  private static String stackTrace(Throwable e) {
    StringWriter text = new StringWriter();
    e.printStackTrace(new PrintWriter(text));
    return Redaction.of(text.toString());
  }

  private static Progress plain(PrintStream err) {
    return new PlainProgress(err, Clock.systemDefaultZone());
  }

  private static ConfigurationFile configurationFile(String name) {
    return ConfigurationFile.read(name, SparkHadoopUtil.get().newConfiguration(new SparkConf()));
  }
}
