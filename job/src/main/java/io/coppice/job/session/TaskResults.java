package io.coppice.job.session;

import io.coppice.checkpoint.TensorInspection;
import io.coppice.evaluate.SharedContext;
import io.coppice.generate.WindowWriter;
import io.coppice.job.block.FinishedBlock;
import io.coppice.job.chain.ChainPass;
import io.coppice.job.chain.PerplexityPass;
import io.coppice.job.evaluation.LikelihoodPass;
import io.coppice.job.generation.SelfGeneration;
import java.util.List;

/** The records that tasks of all stages return to the driver. */
public final class TaskResults {
  private TaskResults() {}

  /** Their classes, to be registered with Kryo. */
  public static List<Class<? extends Record>> types() {
    return List.of(
        ChainPass.GroupResult.class,
        TensorInspection.class,
        FinishedBlock.class,
        PerplexityPass.GroupLosses.class,
        LikelihoodPass.GroupLosses.class,
        SharedContext.class,
        SelfGeneration.GroupWindows.class,
        WindowWriter.Filled.class);
  }
}
