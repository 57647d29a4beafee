package io.coppice.job.cli;

import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/**
 * The question that {@code coppice plan} answers.
 *
 * @param prune the run that is planned
 * @param rate GFLOP/s of one core in training, where the user states them
 * @param probe whether they are measured on this machine
 * @param form form in which the plan is printed
 */
public record PlanSettings(PruneSettings prune, Optional<Double> rate, boolean probe, Form form)
    implements Serializable {

  /** The forms in which a plan may be printed. */
  public enum Form {
    /** Lines for people. */
    TEXT,
    /** An object for programs. */
    JSON
  }

  /** Whether the plan is printed as JSON. */
  public boolean json() {
    return form == Form.JSON;
  }

  /**
   * The options of {@code coppice plan}: those of {@code prune}, of which only the model is needed.
   */
  @Command(
      name = "plan",
      defaultValueProvider = Options.Unneeded.class,
      description = {
        "Says what prune with the same options would take; reads no weights.",
        "",
        "  coppice plan --model models/llama --config conf/llama-7b.conf",
        "  coppice --master yarn --num-executors 32 --executor-cores 4 -- plan --model hdfs:///llama",
        ""
      })
  public static final class Options implements CommandOptions<PlanSettings> {
    @Mixin private final PruneSettings.Options prune = new PruneSettings.Options();

    @Topic.Of(Topic.PLAN)
    @Option(
        names = "--rate",
        paramLabel = "GFLOPS",
        description =
            "GFLOP/s that a core of an executor is taken to reach in training, in the run's"
                + " precision; half of it in all else if that is bf16. Default: 50, and 100 for"
                + " --precision bf16.")
    private Optional<Double> rate;

    @Topic.Of(Topic.PLAN)
    @Option(
        names = "--probe",
        description =
            "Measure that rate on this machine instead, by one micro-batch through a block of that"
                + " shape; --precision auto counts as what this machine has.")
    private boolean probe;

    @Topic.Of(Topic.PLAN)
    @Option(names = "--json", description = "Print the plan as JSON, in bytes and seconds.")
    private boolean json;

    /** Names for text and output, on which the plan does not depend. */
    static final class Unneeded implements IDefaultValueProvider {
      @Override
      public String defaultValue(ArgSpec argument) {
        return argument instanceof OptionSpec option
                && (option.longestName().equals("--calibration")
                    || option.longestName().equals("--output"))
            ? "unnamed"
            : null;
      }
    }

    @Override
    public PlanSettings settings() {
      return new PlanSettings(
          prune.settings(),
          rate.map(stated -> Check.positive("--rate", 1e6, stated)),
          probe,
          json ? Form.JSON : Form.TEXT);
    }

    @Override
    public Map<String, Object> derived() {
      return prune.derived();
    }

    @Override
    public List<String> remarks() {
      return prune.remarks();
    }
  }
}
