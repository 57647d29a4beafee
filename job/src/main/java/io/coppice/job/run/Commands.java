package io.coppice.job.run;

import io.coppice.job.cli.AblateSettings;
import io.coppice.job.cli.DemoSettings;
import io.coppice.job.cli.EvaluateSettings;
import io.coppice.job.cli.GenerateSettings;
import io.coppice.job.cli.InspectSettings;
import io.coppice.job.cli.PlanSettings;
import io.coppice.job.cli.PruneSettings;
import io.coppice.job.cli.ReportSettings;
import io.coppice.job.cli.UnpackSettings;
import io.coppice.job.evaluation.EvaluationReport;
import io.coppice.job.plan.PlanReport;
import io.coppice.job.session.RunContext;
import io.coppice.storage.Json;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All sub-commands, and the code that each one runs. */
public final class Commands {
  private static final Logger LOG = LoggerFactory.getLogger(Commands.class);

  private Commands() {}

  /** All sub-commands, in the order of the help. */
  public static List<SubCommand<?>> all() {
    return List.of(
        new SubCommand<>(new PlanSettings.Options(), Commands::plan),
        new SubCommand<>(new PruneSettings.Options(), Commands::prune),
        new SubCommand<>(new GenerateSettings.Options(), Commands::generate),
        new SubCommand<>(new EvaluateSettings.Options(), Commands::evaluate),
        new SubCommand<>(new InspectSettings.Options(), Commands::inspect),
        new SubCommand<>(new UnpackSettings.Options(), Commands::unpack),
        new SubCommand<>(new AblateSettings.Options(), Commands::ablate),
        new SubCommand<>(new ReportSettings.Options(), Commands::report),
        new SubCommand<>(new DemoSettings.Options(), Commands::demo));
  }

  private static void plan(PlanSettings settings, RunContext context) {
    PlanReport report = new PlanRun(settings, context.hadoop(), new SparkConf()).run();
    context.out().print(settings.json() ? report.toJson() : report.toText());
  }

  private static void prune(PruneSettings settings, RunContext context) {
    Optional<PruneSummary> made = new PruneRun(settings, RunEnvironment.of(context)).run();
    made.ifPresentOrElse(
        summary -> report(summary, settings),
        () ->
            LOG.info(
                "{} is there already, made by the same command of the same files; nothing is done",
                settings.output().path()));
  }

  private static void report(PruneSummary summary, PruneSettings settings) {
    LOG.info("{} is the sparse checkpoint of {}", settings.output().path(), settings.model());
    SummaryText.lines(summary).forEach(LOG::info);
    if (settings.reconstruction().trains()) {
      Generalisation generalisation = summary.generalisation();
      if (generalisation.overfitted()) {
        LOG.warn(generalisation.sentence());
      } else {
        LOG.info(generalisation.sentence());
      }
    }
  }

  private static void generate(GenerateSettings settings, RunContext context) {
    GenerateRun.Summary summary = new GenerateRun(settings, RunEnvironment.of(context)).run();
    LOG.info(
        "{} holds {} texts of {} tokens that {} wrote, their perplexity by it {} on average; {} were"
            + " dropped, {} of {} openings rejected",
        settings.output().path(),
        summary.texts(),
        summary.tokens(),
        settings.model(),
        number(summary.meanPerplexity()),
        summary.dropped(),
        summary.rejected(),
        summary.rejected() + summary.texts() + summary.dropped());
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4g", value);
  }

  private static void inspect(InspectSettings settings, RunContext context) {
    InspectRun.Report report = new InspectRun(settings.model(), RunEnvironment.of(context)).run();
    context.out().print(report.toText());
  }

  private static void unpack(UnpackSettings settings, RunContext context) {
    new UnpackRun(settings, RunEnvironment.of(context)).run();
    LOG.info("{} is the dense checkpoint of {}", settings.output(), settings.model());
  }

  private static void ablate(AblateSettings settings, RunContext context) {
    Ablation ablation = new AblateRun(settings, RunEnvironment.of(context)).run();
    context.out().print(ablation.toMarkdown());
  }

  private static void report(ReportSettings settings, RunContext context) {
    context.out().println(new ReportRun(settings, context.hadoop()).run());
  }

  private static void demo(DemoSettings settings, RunContext context) {
    new DemoRun(settings, RunEnvironment.of(context), context.out()).run();
  }

  private static void evaluate(EvaluateSettings settings, RunContext context) {
    EvaluationReport report = new EvaluateRun(settings, RunEnvironment.of(context)).run();
    report.table().forEach(LOG::info);
    context.out().print(Json.indented(report.json()) + "\n");
    EvaluateRun.requireAtMost(settings.maxPerplexity(), report.model().perplexities());
  }
}
