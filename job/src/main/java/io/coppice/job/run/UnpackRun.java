package io.coppice.job.run;

import io.coppice.checkpoint.BitmaskUnpacking;
import io.coppice.checkpoint.Checkpoint;
import io.coppice.checkpoint.OutputFolder;
import io.coppice.checkpoint.Replaceable;
import io.coppice.job.card.ModelCard;
import io.coppice.job.cli.UnpackSettings;
import io.coppice.storage.Storage;
import io.coppice.storage.WritablePlace;
import java.util.List;

/** {@code unpack}: an archive's dense checkpoint, made in one process without Spark. */
final class UnpackRun {
  private final UnpackSettings settings;
  private final RunEnvironment environment;

  UnpackRun(UnpackSettings settings, RunEnvironment environment) {
    this.settings = settings;
    this.environment = environment;
  }

  /**
   * Runs to the committed checkpoint.
   *
   * @throws io.coppice.failure.UsageException if the model is no archive, or the output is there
   * @throws io.coppice.failure.InvalidDataException if the archive is broken
   */
  void run() {
    Checkpoint archive = Checkpoint.open(Storage.path(settings.model()), environment.hadoop());
    try (OutputFolder output =
        new OutputFolder(
            Storage.path(settings.output()),
            Replaceable.MODEL.ifAsked(settings.overwrite()),
            environment.hadoop())) {
      BitmaskUnpacking unpacking =
          new BitmaskUnpacking(archive, output.staging(), environment.hadoop());
      output.requireFree(List.of(archive.folder()));
      WritablePlace.require("output", Storage.path(settings.output()), environment.hadoop());
      output.discardStaging();
      environment
          .stages()
          .perform(
              "unpacking",
              () -> {
                unpacking.shards().parallelStream().forEach(unpacking::write);
                unpacking.copyOtherFiles();
                ModelCard.unpacked(output.staging(), environment.hadoop());
              });
      output.commit();
    }
  }
}
