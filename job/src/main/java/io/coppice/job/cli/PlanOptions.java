package io.coppice.job.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/**
 * The options of {@code coppice plan}: those of {@code prune}, of which only the model is needed.
 */
@Command(
    name = "plan",
    defaultValueProvider = PlanOptions.Unneeded.class,
    description = {
      "Says what prune with the same options would take; reads no weights.",
      "",
      "  coppice plan --model models/llama --config conf/llama-7b.conf",
      "  coppice --master yarn --num-executors 32 --executor-cores 4 -- plan --model hdfs:///llama",
      ""
    })
public final class PlanOptions implements CommandOptions<PlanSettings> {
  @Mixin private final PruneOptions prune = new PruneOptions();

  @Topic.Of(Topic.PLAN)
  @Option(
      names = "--rate",
      paramLabel = "GFLOPS",
      defaultValue = "50",
      description =
          "GFLOP/s that one task is taken to reach in training (default: ${DEFAULT-VALUE}).")
  private double rate;

  @Topic.Of(Topic.PLAN)
  @Option(
      names = "--probe",
      description =
          "Measure that rate on this machine instead, by one micro-batch through a block of that"
              + " shape.")
  private boolean probe;

  @Topic.Of(Topic.PLAN)
  @Option(names = "--json", description = "Print the plan as JSON, in bytes and seconds.")
  private boolean json;

  /** Text and output do not change what a run takes. */
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
    return new PlanSettings(prune.settings(), Check.positive("--rate", 1e6, rate), probe, json);
  }

  @Override
  public List<String> remarks() {
    return prune.remarks();
  }
}
