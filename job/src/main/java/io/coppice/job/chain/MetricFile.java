package io.coppice.job.chain;

import io.coppice.checkpoint.DataType;
import io.coppice.checkpoint.SafetensorsFile;
import io.coppice.checkpoint.SafetensorsWriter;
import io.coppice.checkpoint.TensorSpec;
import io.coppice.job.cluster.HadoopSettings;
import io.coppice.storage.Storage;
import io.coppice.tensor.Tensor;
import java.io.Serializable;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.fs.Path;

/**
 * The metric of one boundary, hidden_size × hidden_size float32, as a safetensors file in the work
 * folder; sent to tasks.
 */
public record MetricFile(String path, HadoopSettings hadoop) implements Serializable {
  private static final String TENSOR = "metric";

  /** The file of a boundary in a folder. */
  static MetricFile of(Path folder, int boundary, HadoopSettings hadoop) {
    String name = String.format(Locale.ROOT, "boundary-%04d.safetensors", boundary);
    return new MetricFile(new Path(folder, name).toString(), hadoop);
  }

  /** Whether it has been written, as a whole. */
  boolean exists() {
    Path file = new Path(path);
    return Storage.status(Storage.of(file, hadoop.configuration()), file).isPresent();
  }

  /** Writes it, in place of one that there may be. */
  void write(Tensor matrix) {
    TensorSpec spec = TensorSpec.matrix(TENSOR, DataType.F32, matrix.rows(), matrix.columns());
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(new Path(path), hadoop.configuration(), List.of(spec))) {
      writer.write(TENSOR, matrix);
      writer.commit();
    }
  }

  /**
   * Reads it.
   *
   * @param matrix hidden_size × hidden_size, overwritten
   */
  public void read(Tensor matrix) {
    try (SafetensorsFile file = SafetensorsFile.open(new Path(path), hadoop.configuration())) {
      file.readRows(TENSOR, 0, matrix);
    }
  }
}
