package io.coppice.job.run;

import io.coppice.job.cli.ProgramVersion;
import io.coppice.job.cli.ResolvedConfiguration;
import io.coppice.job.cluster.ModelOnCluster;
import java.util.Map;

/** Stamps of everything that results depend on besides the options. */
final class InputStamps {
  /** Key of the number of documents in the text, which is known only when it is read. */
  static final String DOCUMENTS = "documents";

  private InputStamps() {}

  /** Stamps of the program and of the dense model's files. */
  static ResolvedConfiguration of(ModelOnCluster dense) {
    return new ResolvedConfiguration(Map.of())
        .with("version of Coppice", ProgramVersion.text())
        .with("files of the model", dense.stamp().toString());
  }
}
