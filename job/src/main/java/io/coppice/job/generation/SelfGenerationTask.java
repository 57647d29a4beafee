package io.coppice.job.generation;

import io.coppice.generate.TextWriter;
import io.coppice.generate.WindowWriter;
import io.coppice.job.cluster.HadoopSettings;
import io.coppice.job.generation.SelfGeneration.GroupWindows;
import io.coppice.job.progress.ProgressAccumulator;
import io.coppice.job.progress.ProgressEvent;
import io.coppice.storage.JsonFile;
import java.io.Serializable;
import org.apache.hadoop.fs.Path;

/**
 * Lets the model write one group of windows, and keeps them in a file of the work folder; on an
 * executor.
 *
 * @param folder the work folder
 */
record SelfGenerationTask(
    ModelWriting writing, SelfGeneratedGroups groups, String folder, HadoopSettings hadoop)
    implements Serializable {

  /** Writes a group; a window depends on the groups' seed and its own index. */
  GroupWindows run(int group, ProgressAccumulator events) {
    long begun = System.nanoTime();
    int size = groups.size(group);
    WindowWriter.Filled filled =
        writing.run(
            (writer, openings, tokenizer) ->
                new WindowWriter(writer, tokenizer.roles(), groups.sequenceLength())
                    .fill(openings, TextWriter.GROUP, size, groups.seed(), groups.first(group)));
    events.add(
        new ProgressEvent.TextsWritten(
            group,
            groups.count(),
            new ProgressEvent.TextsWritten.Amount(
                filled.documents(), (long) size * groups.sequenceLength(), filled.rejected()),
            (System.nanoTime() - begun) / 1e9));
    GroupWindows written = new GroupWindows(group, filled);
    JsonFile.write(
        new Path(folder, SelfGeneratedGroups.fileName(group)), written, hadoop.configuration());
    return written;
  }
}
