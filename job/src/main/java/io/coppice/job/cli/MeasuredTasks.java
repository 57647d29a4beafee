package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/**
 * Zero-shot tasks to measure.
 *
 * @param files of each task, all tasks' names different
 * @param limit records of each task that are taken, from the first on
 */
public record MeasuredTasks(List<TaskFile> files, int limit) implements Serializable {
  /** No tasks. */
  public static final MeasuredTasks NONE = new MeasuredTasks(List.of(), Integer.MAX_VALUE);

  public MeasuredTasks {
    files = List.copyOf(files);
  }

  /**
   * A task with its file.
   *
   * @param path file, folder or glob on any Hadoop file system
   */
  public record TaskFile(String task, String path) implements Serializable {}

  /** Whether only a part of each file is taken. */
  public boolean isLimited() {
    return limit < Integer.MAX_VALUE;
  }

  /** The options that name tasks. */
  static final class Options {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]+");

    @Topic.Of(Topic.MEASURED)
    @Option(
        names = "--task",
        paramLabel = "NAME=FILE",
        description =
            "Zero-shot task, with its file as JSON lines or Parquet: boolq, rte, hellaswag,"
                + " winogrande, arc_easy, arc_challenge, openbookqa, piqa, wikitext; with any other"
                + " name, lines {query or context, choices, gold}. May be given several times.")
    private List<String> tasks = new ArrayList<>();

    @Topic.Of(Topic.MEASURED)
    @Option(
        names = "--limit",
        paramLabel = "N",
        description = "Take only the first N records of each task, at least 1, to try things out.")
    private Optional<Integer> limit;

    /**
     * @throws UsageException if a task has no file or two, or there is a limit without tasks
     */
    MeasuredTasks settings() {
      if (tasks.isEmpty()) {
        Check.absent("--limit", limit, "--task", "no task is given");
      }
      List<TaskFile> files = tasks.stream().map(Options::file).toList();
      Set<String> names = new HashSet<>();
      for (TaskFile file : files) {
        if (!names.add(file.task())) {
          throw new UsageException(
              "--task %s is given twice, so the results could not be told apart; give it once"
                  .formatted(file.task()));
        }
      }
      return new MeasuredTasks(
          files, limit.map(most -> Check.atLeast("--limit", 1, most)).orElse(Integer.MAX_VALUE));
    }

    private static TaskFile file(String text) {
      int split = text.indexOf('=');
      if (split < 1
          || split == text.length() - 1
          || !NAME.matcher(text.substring(0, split)).matches()) {
        throw new UsageException(
            "--task must be NAME=FILE, such as boolq=boolq/validation.jsonl, but is " + text);
      }
      return new TaskFile(
          text.substring(0, split), Check.pattern("--task", text.substring(split + 1)));
    }
  }
}
