package io.coppice.job.stage;

import io.coppice.checkpoint.DataType;
import io.coppice.checkpoint.SafetensorsFile;
import io.coppice.checkpoint.SafetensorsWriter;
import io.coppice.checkpoint.TensorEntry;
import io.coppice.checkpoint.TensorSpec;
import io.coppice.job.cluster.HadoopSettings;
import io.coppice.model.BlockSource;
import io.coppice.model.BlockWeights;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Sparse blocks in the work folder: one float32 safetensors file per block and wave, its tensors
 * named as in the checkpoint.
 *
 * @param folder the wave's folder
 */
record BlockFiles(String folder, LanguageModel model, HadoopSettings hadoop)
    implements BlockSource {

  /** The files in a folder within another. */
  static BlockFiles in(String parent, String folder, LanguageModel model, HadoopSettings hadoop) {
    return new BlockFiles(new Path(parent, folder).toString(), model, hadoop);
  }

  Path file(int block) {
    return new Path(folder, String.format(Locale.ROOT, "block-%04d.safetensors", block));
  }

  @Override
  public void read(int block, BlockWeights weights) {
    try (SafetensorsFile file = SafetensorsFile.open(file(block), configuration())) {
      for (WeightShape shape : model.blockWeights()) {
        file.read(model.blockPrefix(block) + shape.name(), weights.tensor(shape.name()));
      }
    }
  }

  /** Moves a block's file to the folder of {@code target}; for the driver. */
  void move(int block, BlockFiles target) {
    Path from = file(block);
    Path to = target.file(block);
    try {
      FileSystem system = from.getFileSystem(configuration());
      system.mkdirs(to.getParent());
      if (!system.rename(from, to)) {
        throw new IOException("the file system refused");
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot move %s to %s".formatted(from, to), e);
    }
  }

  /** Writes a block; it appears whole or not at all. */
  void write(int block, BlockWeights weights) {
    String prefix = model.blockPrefix(block);
    List<TensorSpec> specs =
        model.blockWeights().stream().map(shape -> spec(prefix, shape)).toList();
    try (SafetensorsWriter writer = SafetensorsWriter.create(file(block), configuration(), specs)) {
      for (TensorEntry entry : writer.entries()) {
        Tensor tensor = weights.tensor(entry.name().substring(prefix.length()));
        writer.write(entry.name(), tensor);
      }
      writer.commit();
    }
  }

  private Configuration configuration() {
    return hadoop.configuration();
  }

  private static TensorSpec spec(String prefix, WeightShape shape) {
    String name = prefix + shape.name();
    return shape.isPrunable()
        ? TensorSpec.matrix(name, DataType.F32, shape.rows(), shape.columns())
        : TensorSpec.vector(name, DataType.F32, shape.columns());
  }
}
