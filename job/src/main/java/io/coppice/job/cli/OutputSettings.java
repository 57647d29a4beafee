package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import io.coppice.storage.Storage;
import java.io.Serializable;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;
import picocli.CommandLine.Option;

/**
 * Places of results, and treatment of files that are there already.
 *
 * @param path folder of the sparse checkpoint, or file; appears whole or not at all
 * @param workDir folder for intermediate files, on a file system that all executors see
 * @param choices choices that the user made
 */
public record OutputSettings(String path, String workDir, Set<Choice> choices)
    implements Serializable {
  /** The ending of the name of a work folder that nobody named. */
  public static final String WORK_DIR_ENDING = ".coppice-work";

  /** A choice about files that are or will be there. */
  public enum Choice {
    /** Replace an existing output. */
    OVERWRITE,
    /** Keep the work folder after success. */
    KEEP_WORK,
    /** Delete the files that an earlier run left in the work folder. */
    RESTART,
    /** Succeed at once if the same command has made the output already. */
    SKIP_FINISHED,
    /** Write the masks of the pruned weights too. */
    SAVE_MASK,
    /** Pack the pruned weights into an archive. */
    SAVE_BITMASK
  }

  public OutputSettings {
    choices = Set.copyOf(choices);
  }

  /** Whether an existing output is replaced. */
  public boolean overwrite() {
    return choices.contains(Choice.OVERWRITE);
  }

  /** Whether the work folder stays after success. */
  public boolean keepWork() {
    return choices.contains(Choice.KEEP_WORK);
  }

  /** Whether files that an earlier run left in the work folder are deleted. */
  public boolean restart() {
    return choices.contains(Choice.RESTART);
  }

  /** Whether the run succeeds at once if the same command has made the output already. */
  public boolean skipFinished() {
    return choices.contains(Choice.SKIP_FINISHED);
  }

  /** Whether the masks of the pruned weights are written too. */
  public boolean savesMask() {
    return choices.contains(Choice.SAVE_MASK);
  }

  /** Whether the pruned weights are packed into an archive. */
  public boolean savesBitmask() {
    return choices.contains(Choice.SAVE_BITMASK);
  }

  /** The choices that are made, of those whose options were or were not given. */
  static Set<Choice> chosen(Map<Choice, Boolean> given) {
    return given.entrySet().stream()
        .filter(Map.Entry::getValue)
        .map(Map.Entry::getKey)
        .collect(Collectors.toUnmodifiableSet());
  }

  /** The options of a command whose result is a folder. */
  @Topic.Of(Topic.RESULTS)
  static final class Options {
    @Option(
        names = "--output",
        required = true,
        paramLabel = "FOLDER",
        description =
            "Folder for the result, on any Hadoop file system; appears whole or not at all.")
    private String output;

    @Option(
        names = "--work-dir",
        paramLabel = "FOLDER",
        description =
            "Folder for intermediate files, on a file system that all executors see. A run that is"
                + " started again goes on from it (default: beside the output, .NAME.coppice-work).")
    private Optional<String> workDir;

    @Option(
        names = "--overwrite",
        description =
            "Replace an output that exists: for prune a model, for ablate an earlier ablation; nothing"
                + " else is replaced.")
    private boolean overwrite;

    @Option(
        names = "--keep-work",
        description = "Keep the work folder after success, where it is deleted otherwise.")
    private boolean keepWork;

    /**
     * The settings that the options add up to.
     *
     * @param model folder that is read, which the output may not replace
     * @param others choices of other options, made or not
     * @throws UsageException if a path is empty, carries credentials or is the model's
     */
    OutputSettings settings(String model, Map<Choice, Boolean> others) {
      String path = Check.path("--output", output);
      if (path.equals(model)) {
        throw new UsageException(
            "--output and --model are the same folder, %s; give another output".formatted(path));
      }
      Map<Choice, Boolean> given = new EnumMap<>(Choice.class);
      given.putAll(others);
      given.put(Choice.OVERWRITE, overwrite);
      given.put(Choice.KEEP_WORK, keepWork);
      return new OutputSettings(path, Check.path("--work-dir", workDir(path)), chosen(given));
    }

    /** The work folder, which is beside the output by default. */
    Map<String, Object> derived() {
      return Map.of("work-dir", workDir(Check.path("--output", output)));
    }

    private String workDir(String path) {
      return workDir.orElseGet(() -> beside(path));
    }

    /** A hidden name in the folder that holds a file or folder. */
    static String beside(String output) {
      Path path = Storage.path(output);
      if (path.getName().isEmpty()) {
        throw new UsageException("--output %s is a root; give a folder in it".formatted(output));
      }
      String name = "." + path.getName() + OutputSettings.WORK_DIR_ENDING;
      Path parent = path.getParent();
      return parent == null || parent.toString().isEmpty()
          ? Storage.path(name).toString()
          : Storage.child(parent, name).toString();
    }
  }

  /** The form of a sparse checkpoint's weights. */
  enum Form {
    DENSE,
    BITMASK;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The options of a command whose result is a sparse checkpoint. */
  @Topic.Of(Topic.RESULTS)
  static final class FormOptions {
    @Option(
        names = "--save",
        paramLabel = "FORM",
        defaultValue = "dense",
        description =
            "How the pruned weights are written: dense (as they were, with zeros, which everything"
                + " loads) or bitmask (an archive without the zeros, which only coppice unpack and"
                + " compressed-tensors up to 0.14 read) (default: ${DEFAULT-VALUE}).")
    private Form form;

    @Option(
        names = "--save-mask",
        description =
            "Write the masks of the pruned weights too, into coppice/mask.safetensors, to train on"
                + " with the zeros kept.")
    private boolean mask;

    /** The choices that they make. */
    Map<Choice, Boolean> choices() {
      return Map.of(Choice.SAVE_MASK, mask, Choice.SAVE_BITMASK, form == Form.BITMASK);
    }
  }

  /** The option that decides whether a run goes on where an earlier one stopped. */
  @Topic.Of(Topic.RESULTS)
  static final class RestartOption {
    @Option(
        names = "--restart",
        description =
            "Delete what an earlier run left in the work folder, rather than go on with it or refuse"
                + " it.")
    private boolean restart;

    boolean restart() {
      return restart;
    }
  }
}
