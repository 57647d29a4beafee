package io.coppice.job.run;

import io.coppice.job.block.PruningPlan;
import io.coppice.job.cli.EngineSettings;
import io.coppice.job.cli.PlanSettings;
import io.coppice.job.cli.PruneSettings;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.plan.Plan;
import io.coppice.job.plan.PlanReport;
import io.coppice.job.plan.Probe;
import io.coppice.job.plan.Speed;
import io.coppice.model.LanguageModel;
import io.coppice.tensor.Blas;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Precision;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;

/** {@code plan}: what {@code prune} with the same options would take. Starts no Spark. */
public final class PlanRun {
  private final PlanSettings settings;
  private final Configuration hadoop;
  private final SparkConf conf;

  public PlanRun(PlanSettings settings, Configuration hadoop, SparkConf conf) {
    this.settings = settings;
    this.hadoop = hadoop;
    this.conf = conf;
  }

  /**
   * Works the plan out.
   *
   * @throws io.coppice.failure.UsageException if the options and the model do not go together
   * @throws io.coppice.failure.InvalidDataException if the model is broken or unsupported
   */
  public PlanReport run() {
    PruneSettings prune = settings.prune();
    ModelOnCluster model = ModelOnCluster.headers(prune.model(), hadoop);
    PruningPlan.of(prune.pruning(), model.model());
    Plan plan = Plan.of(model.model(), prune, conf);
    return new PlanReport(
        plan,
        settings.probe()
            ? measured(model.model(), plan)
            : Speed.assumed(prune.engine().precision(), settings.rate().map(rate -> rate * 1e9)));
  }

  private Speed measured(LanguageModel model, Plan plan) {
    EngineSettings engine = settings.prune().engine();
    Blas blas =
        BlasProvider.blas(
            Runtime.getRuntime().availableProcessors(),
            engine.cpuKernels(),
            engine.requireNative());
    Precision precision =
        switch (engine.precision()) {
          case FLOAT32 -> Precision.FLOAT32;
          case BF16 -> Precision.BF16;
          case AUTO -> blas.hasBf16Units() ? Precision.BF16 : Precision.FLOAT32;
        };
    int batchSize = settings.prune().reconstruction().batchSize();
    return Probe.measure(model, plan.windows().length(), batchSize, precision, blas);
  }
}
