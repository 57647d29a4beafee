package io.coppice.job;

import io.coppice.checkpoint.AtomicFile;
import io.coppice.job.command.EvaluateOptions;
import io.coppice.job.command.PruneOptions;
import io.coppice.job.config.EvaluateSettings;
import io.coppice.job.config.PruneSettings;
import io.coppice.job.stage.EvaluateRun;
import io.coppice.job.stage.PruneRun;
import io.coppice.job.stage.PruneSummary;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What each sub-command does with its settings. */
final class Commands {
  private static final Logger LOG = LoggerFactory.getLogger(Commands.class);

  private Commands() {}

  /** All sub-commands, in the order of the help. */
  static List<SubCommand<?>> all() {
    return List.of(
        new SubCommand<>(new PruneOptions(), Commands::prune),
        new SubCommand<>(new EvaluateOptions(), Commands::evaluate));
  }

  private static void prune(PruneSettings settings, RunContext context) {
    PruneSummary summary =
        new PruneRun(settings, context.configuration(), context.hadoop(), context.progress())
            .run(context::spark);
    LOG.info(
        "{}: sparse checkpoint of {}; error of the last block {} on calibration text, {} on"
            + " held-out text; mean relative error of the blocks {} and {}",
        settings.output().path(),
        settings.model(),
        summary.lastBlockErrors().calibration(),
        summary.lastBlockErrors().heldOut(),
        summary.meanRelativeCalibration(),
        summary.meanRelativeHeldOut());
  }

  private static void evaluate(EvaluateSettings settings, RunContext context) {
    Map<String, EvaluateRun.Result> results =
        new EvaluateRun(settings, context.hadoop(), context.progress()).run(context::spark);
    String json = EvaluateRun.toJson(settings.model(), results) + "\n";
    settings
        .output()
        .ifPresent(
            file -> {
              byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
              try (AtomicFile output = AtomicFile.create(new Path(file), context.hadoop())) {
                output.write(bytes, 0, bytes.length);
                output.commit();
              }
            });
    context.out().print(json);
  }
}
