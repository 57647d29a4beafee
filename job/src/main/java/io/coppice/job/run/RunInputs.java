package io.coppice.job.run;

import io.coppice.job.cli.ProgramVersion;
import io.coppice.job.cli.ResolvedConfiguration;
import io.coppice.job.cluster.ModelOnCluster;
import java.util.Map;

/** What results depend on besides the options. */
final class RunInputs {
  /** How many documents the text held, which is known only when it is read. */
  static final String DOCUMENTS = "documents";

  private RunInputs() {}

  /** The program, and the dense model's files. */
  static ResolvedConfiguration of(ModelOnCluster dense) {
    return new ResolvedConfiguration(Map.of())
        .with("version of Coppice", ProgramVersion.text())
        .with("files of the model", dense.stamp().toString());
  }
}
